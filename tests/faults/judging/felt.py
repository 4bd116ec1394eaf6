"""How the deaths of a run were felt: which points were hit while a command was in flight, and for how long."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from figures import Figures
from judging.timing import first_success_after
from rig.plan import Step
from rig.scene import in_flight
from rig.striking import Struck
from workload.history import History

from guildhall_local.instance import service_of
from servicekit.crash_points import Point

SECTION = "crash points"


class Goals(NamedTuple):
    """Seconds, at most. A dead worker's lease lapses before its job is done by another."""

    first_success: float | None = 15.0
    stall: float | None = 15.0
    job: float | None = 15.0


PATHS = {
    "membership": ("/api/v1/me", "/api/v1/people", "/api/v1/networks", "/api/v1/memberships", "/api/v1/grants"),
    "events": ("/events", "/registrations"),
}
"""How requests of a service are told, by a part of their paths."""


def points(steps: Mapping[str, Sequence[Step]]) -> list[Point]:
    return [step.point for own in steps.values() for step in own]


def say_what_was_hit(told: History, struck: Struck, wanted: Sequence[Point], figures: Figures) -> None:
    died_at = {hit.point: hit.at for hit in struck.hits} | dict(struck.at_the_console)
    counted = {point for point, at in died_at.items() if in_flight(at, told)}
    assert not struck.missed
    figures.say(SECTION, "hit", 100 * len(counted & set(wanted)) / len(wanted), "%", at_least=100)


def say_for_how_long(told: History, struck: Struck, figures: Figures, *, goals: Goals) -> None:
    """Of a process that serves: until it says yes again once it is back. Of a worker: until signals go on."""
    back = {
        hit.point: first_success_after(_of(told, service_of(hit.process)), hit.at + hit.ready_after)
        for hit in struck.hits
        if hit.process.endswith("-serve")
    }
    figures.say(SECTION, "first success after healing, longest", max(back.values()), "s", at_most=goals.first_success)
    longest = max(struck.stalls.values())
    figures.say(SECTION, "stall after a worker's death, longest", longest, "s", at_most=goals.stall)
    if struck.jobs:
        figures.say(SECTION, "job of a dead worker done, longest", max(struck.jobs.values()), "s", at_most=goals.job)


def _of(told: History, service: str) -> History:
    return History([wish for wish in told.wishes if any(part in wish.path for part in PATHS[service])], [])
