"""An announcement to many: rows of the ledger a second, the choice of the audience included."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from benchmarks.bare import announcement as bare
from benchmarks.commands.world import CELL, TRUST, WITHOUT_POLICIES
from benchmarks.figure import Figure, Plan, Result, Run, in_pairs
from benchmarks.signals import announcing
from benchmarks.signals.consuming import rows, settle
from benchmarks.stage import Stage
from servicekit.testing.databases import TestDatabase

EACH_SECOND = 10_000
"""So many people are told for each second of the plan: 100,000 as a rule."""


async def measure(stage: Stage, plan: Plan) -> Result:
    people = int(EACH_SECOND * plan.seconds)
    async with announcing.peopled(stage, people) as own, announcing.peopled(stage, people) as other:
        await settle(other, WITHOUT_POLICIES)
        ledger = list(_ledger(await announcing.everybody(other)))
        pairs = await in_pairs(lambda: _bare(other, ledger), lambda: _ours(own, people), pairs=plan.pairs)
    return Result(figure="announcement", unit="ledger rows/s", goal=0.4, pairs=pairs)


async def _bare(database: TestDatabase, ledger: Sequence[tuple[Any, ...]]) -> Run:
    await announcing.start_over(database)
    seconds = await bare.copy(database.admin, announcing.LEDGER, ledger)
    return Run(rate=len(ledger) / seconds, done=len(ledger), found=await rows(database, announcing.LEDGER))


async def _ours(database: TestDatabase, people: int) -> Run:
    await announcing.start_over(database)
    seconds = await announcing.announce(database, people=people)
    done = people * announcing.CHANNELS
    return Run(rate=done / seconds, done=done, found=await rows(database, announcing.LEDGER))


def _ledger(people: Sequence[UUID]) -> Iterator[tuple[Any, ...]]:
    """The rows that ours writes: shown in the application, and a mail queued."""
    now, cause = datetime.now(UTC), f"announcement:{uuid4()}"
    for person in people:
        for channel, state, position, told_at in (("in-app", "shown", 1, now), ("email", "queued", None, None)):
            yield (
                *(uuid4(), cause, person, channel, "announcement", CELL, TRUST, state, 6, position),
                *(now, told_at, now),
            )


FIGURE = Figure(name="announcement", measure=measure)
