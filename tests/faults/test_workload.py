"""Under load each service's `work` is killed once; then nothing is lost, doubled, out of order or oversold."""

import asyncio
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
from whole_stack import whole_stack
from workload.history import History
from workload.killing import kill_each
from workload.play import play, prepare

from guildhall_local.instance import SERVICES

LONGEST = 90.0
BETWEEN = 40
"""Commands that are granted between one death and the next."""


REBUILT = {
    "membership": ["grants"],
    "events": ["access"],
    "notifications": ["projection"],
    "analytics": ["projection"],
}
"""One of each service; all of them in the long tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    evidence: Evidence
    rebuilt: list[Rebuilt]

    @property
    def verdict(self) -> Verdict:
        return Verdict([*judged(self.evidence).claims, *rebuilt.judge(self.rebuilt)])


@pytest.fixture(scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory, seed: int) -> AsyncIterator[Played]:
    with whole_stack(tmp_path_factory.mktemp("guildhall")) as instance:
        await prepare(instance)
        written, stop = instance.state / "workload" / "history.jsonl", asyncio.Event()
        playing = asyncio.create_task(play(instance, seed=seed, seconds=LONGEST, history=written, stop=stop))
        workers = [f"{service}-work" for service in SERVICES]
        await kill_each(instance, workers, written, between=BETWEEN, playing=playing)
        stop.set()
        await playing
        evidence = await gather(instance, written, settled_within=SETTLED_WITHIN)
        yield Played(evidence=evidence, rebuilt=await rebuild_all(instance, only=REBUILT))


async def test_killed_under_load_nothing_is_lost_doubled_or_oversold(played: Played, figures: Figures) -> None:
    verdict = played.verdict

    print(verdict.words)
    told.say(figures, "workload, each worker killed once", verdict)


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
