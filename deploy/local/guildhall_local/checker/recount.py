"""The figures once more, counted from the story's inputs and from what people were told."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from guildhall_local.checker.case import Case
from guildhall_local.checker.tellings import expected
from guildhall_local.story.organisations import open_trusts

MEASURES = ("eligible", "told", "registered", "waited", "attended")
ELSEWHERE, ALL, ITSELF = "elsewhere", "all", " itself"

Counts = Mapping[str, int]


def members(case: Case, day: date) -> Counts:
    """By path: of a network and below; by path and ` itself`: of those who belong to the network itself."""
    counts: Counter[str] = Counter()
    for somebody in case.people.values():
        stay = somebody.stay_on(day)
        if stay is not None:
            labels = stay.network.split(".")
            counts.update(".".join(labels[:length]) for length in range(1, len(labels) + 1))
            counts[stay.network + ITSELF] += 1
    return counts


def coverage(case: Case, day: date) -> tuple[int, int]:
    """How many trusts were open that day, and how many of them had a member."""
    there = {trust.network for trust in open_trusts() if trust.opened is None or trust.opened <= day}
    stays = (somebody.stay_on(day) for somebody in case.people.values())
    return len(there), len(there & {stay.network for stay in stays if stay is not None})


def funnel(case: Case, label: str) -> dict[str, Counter[str]]:
    """By part (a network's path, or elsewhere) and measure: each person once, where they were when it was published."""
    gathering, told = case.plan.gatherings[label], case.told
    subs = {booking.registration_id: booking.sub for booking in told.bookings(label)}
    happened = {
        "eligible": {
            somebody.sub
            for somebody in case.people.values()
            if (stay := somebody.stay_on(case.plan.day))
            and gathering.admits(network=stay.network, sector=stay.sector, job_role=stay.job_role)
        },
        "told": {sub for sub, _, about in expected(case) if about == label},
        "registered": set(subs.values()),
        "waited": {booking.sub for booking in told.bookings(label) if booking.status == "waiting"},
        "attended": {subs[registration] for registration in told.attended(label)},
    }
    counts: dict[str, Counter[str]] = {}
    for measure, people in happened.items():
        for sub in people:
            counts.setdefault(_part(case, sub, gathering.held_by), Counter())[measure] += 1
    return counts


def _part(case: Case, sub: str, held_by: str) -> str:
    """The network next below the event's own, that network itself, or elsewhere."""
    stay = case.people[sub].stay_on(case.plan.day)
    if stay is None or not (stay.network == held_by or stay.network.startswith(f"{held_by}.")):
        return ELSEWHERE
    return ".".join(stay.network.split(".")[: held_by.count(".") + 2])


def rounded(count: int) -> int | None:
    """As a count may be shown to whoever may not know it: 0 as 0, 1 to 7 not at all, the rest to the nearest 5."""
    return None if 0 < count < 8 else (count + 2) // 5 * 5
