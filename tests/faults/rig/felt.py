"""How the deaths of a run were felt: which points were hit while a command was in flight, and for how long."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from figures import Figures
from rig.plan import Step
from rig.scene import in_flight
from rig.striking import Struck
from workload.history import History

from servicekit.crash_points import Point

SECTION = "crash points"


class Goals(NamedTuple):
    """Seconds, at most. A dead worker's lease lapses before its job is done by another."""

    first_success: float | None = 15.0
    stall: float | None = 15.0
    job: float | None = 15.0


def points(steps: Mapping[str, Sequence[Step]]) -> list[Point]:
    return [step.point for own in steps.values() for step in own]


def say_what_was_hit(told: History, struck: Struck, wanted: Sequence[Point], figures: Figures) -> None:
    died_at = {hit.point: hit.at for hit in struck.hits} | dict(struck.at_the_console)
    counted = {point for point, at in died_at.items() if in_flight(at, told)}
    assert not struck.missed
    figures.say(SECTION, "hit", 100 * len(counted & set(wanted)) / len(wanted), "%", at_least=100)


def say_for_how_long(struck: Struck, figures: Figures, *, goals: Goals) -> None:
    """Of a process that serves: until it says yes again once it is back. Of a worker: until signals go on."""
    back, stall = max(struck.back.values()), max(struck.stalls.values())
    print({point: round(seconds, 1) for point, seconds in struck.stalls.items()})
    figures.say(SECTION, "first success after healing, longest", back, "s", at_most=goals.first_success)
    figures.say(SECTION, "stall after a worker's death, longest", stall, "s", at_most=goals.stall)
    if struck.jobs:
        figures.say(SECTION, "job of a dead worker done, longest", max(struck.jobs.values()), "s", at_most=goals.job)
