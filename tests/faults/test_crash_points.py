"""Processes are killed at named points while commands are under way: nothing is lost or doubled, and all goes on.

A hit counts when the process wrote its mark to the disk, its parent was told of the SIGKILL, and a command was in
flight at that moment.
"""

from collections.abc import Iterator

import pytest
from figures import Figures
from judging import told as telling
from judging.judge import judge
from rig import felt, plan, striking
from rig.scene import in_flight, in_use
from rig.standing import Rig, rigged
from rig.striking import Struck
from workload.history import History, Try, Wish

from servicekit.crash_points import Point

RESTLESS = 4
"""So many that some command is under way at any instant."""


@pytest.fixture
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rigged(tmp_path_factory.mktemp("struck"), proxied=True) as rig:
        yield rig


@pytest.mark.faults
@pytest.mark.alone
async def test_every_point_is_hit_and_nothing_is_lost(rig: Rig, seed: int, figures: Figures) -> None:
    struck = Struck()
    async with in_use(rig, seed=seed, restless=RESTLESS) as scene:
        await striking.strike_all(scene, plan.STEPS, struck)
        await striking.strike_at_what_is_parked(scene, struck)
        await striking.strike_rebuilds(scene, "analytics", struck)
        await striking.strike_migrations(scene, "notifications", struck)
        await striking.strike_the_producer(scene, struck)

    history = scene.history()
    felt.say_what_was_hit(history, struck, list(Point), figures)
    felt.say_for_how_long(struck, figures, goals=felt.Goals())
    verdict = await judge(scene.rig.instance, scene.written)
    print(verdict.words)
    telling.say(figures, felt.SECTION, verdict)


def test_a_history_tells_what_was_in_flight() -> None:
    """The control: a death while nothing is asked is no hit."""
    told = History(
        [_a_wish(sent=1.0, ended=2.0), _a_wish(sent=5.0, ended=None), _a_wish("GET", sent=3.0, ended=4.0)], []
    )

    assert [in_flight(at, told) for at in (0.5, 1.5, 3.5, 9.0)] == [0, 1, 0, 1]


def _a_wish(method: str = "POST", *, sent: float, ended: float | None) -> Wish:
    one = Try(sent=sent, ended=ended)
    return Wish(op=1, deed="register", about="", who="", method=method, path="/", key=None, body=None, tries=[one])
