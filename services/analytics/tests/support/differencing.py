"""What one reader was given, as a puzzle: published members by network, and an event's funnels of several days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from adversary import Name, Puzzle, Range, said_by
from hypothesis import strategies as st

from analytics_service.disclosure.funnels import ALL, MEASURES, PublishedFunnel
from analytics_service.disclosure.members import Counted, Figures

FIRST_DAY = date(2026, 11, 1)
PEOPLE = st.sampled_from([0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18])
ELSEWHERE = "elsewhere"

Day = dict[Name, dict[str, int]]
"""An event's counts at the end of a day, by part and measure."""


@st.composite
def networks(draw: st.DrawFn, levels: int = 2, name: tuple[int, ...] = ()) -> Counted:
    """A network whose people are each in one of its parts; small enough to be looked through."""
    parts: list[Counted] = []
    for number in range(draw(st.integers(1, 4))):
        below = (*name, number)
        if levels > 1 and draw(st.booleans()):
            parts.append(draw(networks(levels=levels - 1, name=below)))
        else:
            parts.append(Counted(name=below, people=draw(PEOPLE)))
    return Counted(name=name, people=sum(part.people for part in parts), parts=tuple(parts))


def leaves(network: Counted) -> list[Counted]:
    return [one for one in network.all() if not one.parts]


def members_given_away(network: Counted, figures: Figures, known: Iterable[Counted] = ()) -> list[Name]:
    """Networks of 1 to 7 members whose number is certain for somebody who knows some networks exactly."""
    exactly = {one.name: one.people for part in known for one in part.all()}
    truth = {leaf.name: leaf.people for leaf in leaves(network)}
    puzzle, secrets = Puzzle(), {}
    for one in network.all():
        names = [leaf.name for leaf in leaves(one)]
        if one.parts:
            puzzle.sums.append((said_by(figures[one.name]), names))
        else:
            puzzle.counts[one.name] = _said(figures[one.name], exactly.get(one.name))
        # A network all of whose people the reader knows is no secret to them.
        if 0 < one.people < 8 and any(truth[name] and name not in exactly for name in names):
            secrets[one.name] = names
    return puzzle.given_away(truth, secrets)


def _said(figure: int | None, exactly: int | None) -> Range:
    if exactly is not None:
        return exactly, exactly
    return (1, 7) if figure is None else said_by(figure)


@st.composite
def event_days(draw: st.DrawFn) -> list[Day]:
    """An event's counts on one to three days, of two or three own networks and of people from elsewhere."""
    now: Day = {}
    for part in (*range(draw(st.integers(1, 3))), ELSEWHERE):
        eligible = draw(PEOPLE)
        told = draw(st.sampled_from([eligible, eligible, eligible // 2]))
        registered = draw(st.integers(0, told))
        waited = draw(st.sampled_from([0, registered // 2, registered]))
        now[part] = {
            "eligible": eligible, "told": told, "registered": registered, "waited": waited, "attended": 0
        }  # fmt: skip
    days = [_copied(now)]
    for _ in range(draw(st.integers(0, 2))):
        for counts in now.values():
            counts["registered"] = min(counts["told"], counts["registered"] + draw(st.sampled_from([0, 0, 1, 2])))
            more = draw(st.sampled_from([0, 0, 1, 5, counts["registered"]]))
            counts["attended"] = min(counts["registered"], counts["attended"] + more)
        days.append(_copied(now))
    return days


def _copied(day: Day) -> Day:
    return {part: dict(counts) for part, counts in day.items()}


def day_number(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def own_parts(day: Mapping[Name, object]) -> frozenset[Name]:
    return frozenset(part for part in day if part != ELSEWHERE)


ORDERS = [("waited", "registered"), ("attended", "registered")]
USUAL = [("told", "eligible"), ("registered", "eligible"), ("registered", "told")]


def funnel_given_away(
    days: Sequence[Day], published: Sequence[PublishedFunnel], known: frozenset[Name] = frozenset()
) -> list[Name]:
    """(day, part, measure) of counts of 1 to 7 that are certain for somebody who has kept all of it.

    known: the parts whose people they know exactly on each day.
    """
    usual = [(less, more) for less, more in USUAL if all(c[less] <= c[more] for day in days for c in day.values())]
    puzzle = Puzzle()
    truth: dict[Name, int] = {}
    secrets: dict[Name, list[Name]] = {}
    for number, (day, funnel) in enumerate(zip(days, published, strict=True)):
        for part, counts in day.items():
            for measure, count in counts.items():
                name = (number, part, measure)
                truth[name] = count
                puzzle.counts[name] = _said(funnel.parts[part][measure], count if part in known else None)
                if 0 < count < 8 and part not in known:
                    secrets[name] = [name]
                if number:
                    puzzle.orders.append(((number - 1, part, measure), name))
            puzzle.orders += [((number, part, less), (number, part, more)) for less, more in (*ORDERS, *usual)]
        for measure in MEASURES:
            names: list[Name] = [(number, part, measure) for part in day]
            puzzle.sums.append((said_by(funnel.parts[ALL][measure]), names))
    return puzzle.given_away(truth, secrets)
