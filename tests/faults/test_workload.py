"""Under load each process dies once where it hurts; then nothing is lost, doubled, out of order or oversold."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from figures import Figures
from judging import rebuilt, spoiling, told
from judging.claims import Verdict
from judging.evidence import Evidence, gather
from judging.judge import SETTLED_WITHIN, claimed, judged
from judging.rebuilt import Rebuilt, rebuild_all
from judging.spoiling import CONTROLS
from rig import felt, plan, striking
from rig.scene import in_use
from rig.standing import rigged
from rig.striking import Struck
from workload.history import History
from workload.killing import granted

COMMANDS = 350
"""So many are granted before it is over; by then some have had a place that became free, which is judged too."""
REBUILT = {
    "membership": ["grants"],
    "events": ["access"],
    "notifications": ["projection"],
    "analytics": ["projection"],
}
"""One of each service; all of them in the long tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    struck: Struck
    evidence: Evidence
    rebuilt: list[Rebuilt]

    @property
    def verdict(self) -> Verdict:
        return Verdict([*judged(self.evidence).claims, *rebuilt.judge(self.rebuilt)])


@pytest.fixture(scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory, seed: int) -> AsyncIterator[Played]:
    struck = Struck()
    with rigged(tmp_path_factory.mktemp("struck")) as rig:
        async with in_use(rig, seed=seed, restless=3) as scene:
            await striking.strike_all(scene, plan.SHORT, struck)
            await granted(scene.written, COMMANDS, scene.playing)
        evidence = await gather(rig.instance, scene.written, settled_within=SETTLED_WITHIN)
        yield Played(struck=struck, evidence=evidence, rebuilt=await rebuild_all(rig.instance, only=REBUILT))


async def test_each_process_dies_where_it_was_to(played: Played, figures: Figures) -> None:
    """How long that is felt is held to its goal in the long tier, which has the machine to itself."""
    felt.say_what_was_hit(played.evidence.history, played.struck, felt.points(plan.SHORT), figures)
    felt.say_for_how_long(played.struck, figures, goals=felt.Goals(None, None, None))


async def test_killed_under_load_nothing_is_lost_doubled_or_oversold(played: Played, figures: Figures) -> None:
    verdict = played.verdict

    print(verdict.words)
    told.say(figures, "workload, each process killed once", verdict)


@pytest.mark.parametrize("wrong", CONTROLS)
async def test_what_a_wrong_variant_leaves_is_noticed(played: Played, wrong: str) -> None:
    control = CONTROLS[wrong]
    assert claimed(played.evidence, control.notices).kept

    assert not claimed(control.spoil(played.evidence), control.notices).kept


@pytest.mark.parametrize("spoil", [spoiling.applied_twice, spoiling.forgotten])
async def test_a_projection_that_differs_from_its_rebuild_is_noticed(
    played: Played, spoil: Callable[[Rebuilt], Rebuilt]
) -> None:
    [before, *_] = played.rebuilt
    assert all(claim.kept for claim in rebuilt.judge([before]))

    [claim] = rebuilt.judge([spoil(before)])

    assert not claim.kept


async def test_who_looks_at_nothing_keeps_no_claim() -> None:
    verdict = judged(Evidence(history=History([], [])))

    assert verdict.red == verdict.claims
