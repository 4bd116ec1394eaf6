"""Processes are killed at named points while commands are under way: nothing is lost or doubled, and all goes on.

A hit counts when the process wrote its mark to the disk, its parent was told of the SIGKILL, and a command was in
flight at that moment.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pytest
from figures import Figures
from judging.judge import DOUBLED, INVERTED, LOST, judge
from judging.timing import first_success_after
from rig import plan, striking
from rig.plan import Step
from rig.scene import Scene, in_flight, in_use
from rig.standing import Rig, rigged
from rig.striking import Struck
from workload.history import History, Try, Wish

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


@pytest.fixture
def short_rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rigged(tmp_path_factory.mktemp("struck")) as rig:
        yield rig


@pytest.fixture
def long_rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rigged(tmp_path_factory.mktemp("struck"), proxied=True) as rig:
        yield rig


async def test_each_busy_process_dies_once_and_nothing_is_lost(short_rig: Rig, seed: int, figures: Figures) -> None:
    struck = Struck()
    async with in_use(short_rig, seed=seed, people_count=40, racers=8) as scene:
        await striking.strike_all(scene, plan.SHORT, struck)

    _say_what_was_hit(scene, struck, _points(plan.SHORT), figures)
    # Other tests run beside this one: how long a stall is felt is held to its goal in the long tier, which is alone.
    _say_how_long_it_was_felt(scene.history(), struck, figures, goals=Goals(None, None, None))
    await _judge(scene, figures, rebuild=False)


@pytest.mark.faults
async def test_every_point_is_hit_and_nothing_is_lost(long_rig: Rig, seed: int, figures: Figures) -> None:
    struck = Struck()
    async with in_use(long_rig, seed=seed) as scene:
        await striking.strike_all(scene, plan.STEPS, struck)
        await striking.strike_at_what_is_parked(scene, struck)
        await striking.strike_rebuilds(scene, "analytics", struck)
        await striking.strike_migrations(scene, "notifications", struck)
        await striking.strike_the_producer(scene, struck)

    _say_what_was_hit(scene, struck, list(Point), figures)
    _say_how_long_it_was_felt(scene.history(), struck, figures, goals=Goals())
    await _judge(scene, figures, rebuild=True)


def _points(steps: Mapping[str, Sequence[Step]]) -> list[Point]:
    return [step.point for own in steps.values() for step in own]


def _say_what_was_hit(scene: Scene, struck: Struck, wanted: Sequence[Point], figures: Figures) -> None:
    told = scene.history()
    died_at = {hit.point: hit.at for hit in struck.hits} | dict(struck.at_the_console)
    counted = {point for point, at in died_at.items() if in_flight(at, told)}
    assert not struck.missed
    figures.say(SECTION, "hit", 100 * len(counted & set(wanted)) / len(wanted), "%", at_least=100)


def _say_how_long_it_was_felt(told: History, struck: Struck, figures: Figures, *, goals: Goals) -> None:
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


async def _judge(scene: Scene, figures: Figures, *, rebuild: bool) -> None:
    verdict = await judge(scene.rig.instance, scene.written, rebuild=rebuild)
    print(verdict.words)
    for name, claims in {"acknowledged writes lost": LOST, "doubled": DOUBLED, "inversions": INVERTED}.items():
        figures.say(SECTION, name, verdict.differences(*claims), at_most=0)
    # A short run may leave a claim without facts; none may differ.
    assert not [claim.words for claim in verdict.claims if claim.differences]


def test_a_history_tells_what_was_in_flight() -> None:
    """The control: a death while nothing is asked is no hit."""
    told = History(
        [_a_wish(sent=1.0, ended=2.0), _a_wish(sent=5.0, ended=None), _a_wish("GET", sent=3.0, ended=4.0)], []
    )

    assert [in_flight(at, told) for at in (0.5, 1.5, 3.5, 9.0)] == [0, 1, 0, 1]


def _a_wish(method: str = "POST", *, sent: float, ended: float | None) -> Wish:
    one = Try(sent=sent, ended=ended)
    return Wish(op=1, deed="register", about="", who="", method=method, path="/", key=None, body=None, tries=[one])
