"""Everything that may break does, in an order that is drawn, under load; afterwards the judge looks at all of it."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from figures import Figures
from judging import told as telling
from judging.judge import judge
from judging.timing import first_success_after, longest_silence
from rig import nemesis
from rig.nemesis import FAULTS, Happened
from rig.scene import Scene, in_use
from rig.standing import Rig, rigged
from workload.history import History

from guildhall_local.checker import databases
from guildhall_local.checker.quiet import watching

pytestmark = [pytest.mark.faults, pytest.mark.alone]

FIRST_SUCCESS_WITHIN = 15.0
OUTAGE = 60.0
DRAINED_WITHIN = 120.0
AFTERWARDS = 10.0
"""Seconds after a fault that still count as its own."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rigged(tmp_path_factory.mktemp("nemesis"), proxied=True) as standing:
        yield standing


async def test_whatever_breaks_nothing_is_lost_or_doubled_and_all_comes_to_again(
    rig: Rig, seed: int, figures: Figures
) -> None:
    async with in_use(rig, seed=seed) as scene:
        happened = await nemesis.play(rig, seed=seed, faults=list(FAULTS))
        await asyncio.sleep(AFTERWARDS)

    told = scene.history()
    for one in happened:
        print(f"{one.fault} ({one.what}) for {one.healed - one.began:.1f} s")
    _say_how_long(told, happened, figures)
    await _judge(scene, figures)


@pytest.mark.parametrize("away", ["kafka", "postgres"])
async def test_after_an_outage_of_a_minute_what_was_accepted_is_worked_off_soon(
    rig: Rig, seed: int, figures: Figures, away: str
) -> None:
    """Writes go on being accepted while the broker is away; while the database is they are refused."""
    async with in_use(rig, seed=seed + 1) as scene:
        outage = await nemesis.outage(rig, away, seconds=OUTAGE)
        await _something_succeeds(scene, outage.healed)

    async with databases.opened(rig.instance) as opened, watching(rig.instance.kafka_bootstrap, opened) as watch:
        await watch.until_quiet(within=DRAINED_WITHIN)
    drained = time.monotonic() - outage.healed
    section, told = f"{away} away for a minute", scene.history()
    figures.say(
        section,
        "first success after healing",
        first_success_after(told, outage.healed),
        "s",
        at_most=FIRST_SUCCESS_WITHIN,
    )
    figures.say(section, "drained", drained, "s", at_most=DRAINED_WITHIN)
    await _judge(scene, figures)


async def _something_succeeds(scene: Scene, after: float, *, within: float = 30.0) -> None:
    while first_success_after(scene.history(), after) > within:
        assert time.monotonic() - after < within, "nothing succeeds any more"
        await asyncio.sleep(0.5)


def _say_how_long(told: History, happened: list[Happened], figures: Figures) -> None:
    missed = []
    for one in sorted(happened, key=lambda one: one.fault):
        silent = longest_silence(told, since=one.began, until=one.healed + AFTERWARDS)
        figures.say(one.fault, "longest unavailability", silent, "s")
        first = first_success_after(told, one.healed)
        figures.say(one.fault, "first success after healing", first, "s")
        if first > FIRST_SUCCESS_WITHIN:
            missed.append(one.fault)
    assert not missed


async def _judge(scene: Scene, figures: Figures) -> None:
    verdict = await judge(scene.rig.instance, scene.written)
    print(verdict.words)
    telling.say(figures, "nemesis", verdict)
