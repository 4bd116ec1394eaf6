"""Signals a second from the broker into analytics, until the last offset is committed."""

from uuid import uuid4

from benchmarks.bare import consumer as bare
from benchmarks.commands.world import WITHOUT_POLICIES
from benchmarks.figure import Figure, Plan, Result, Run, in_pairs
from benchmarks.signals import consuming
from benchmarks.signals.prepared import TOPIC
from benchmarks.stage import Stage
from servicekit.cells import Cells

EACH_SECOND = 100_000
"""So many signals are read for each second of the plan."""


async def measure(stage: Stage, plan: Plan) -> Result:
    count = int(EACH_SECOND * plan.seconds)
    async with consuming.filled(stage, count) as cells:
        pairs = await in_pairs(lambda: _bare(stage, cells, count), lambda: _ours(stage, cells, count), pairs=plan.pairs)
    return Result(figure="consumer", unit="signals/s", goal=0.5, pairs=pairs)


async def _bare(stage: Stage, cells: Cells, count: int) -> Run:
    """The same table, its policies taken away, filled by the owner of everything."""
    async with consuming.analytics(stage) as database:
        await consuming.settle(database, WITHOUT_POLICIES)
        seconds = await bare.consume(
            stage.kafka.bootstrap,
            cells.prefix + TOPIC,
            f"{cells.prefix}bare.{uuid4()}",
            database.admin,
            consuming.TABLE,
            count=count,
        )
        return Run(rate=count / seconds, done=count, found=await consuming.rows(database))


async def _ours(stage: Stage, cells: Cells, count: int) -> Run:
    async with consuming.analytics(stage) as database:
        await consuming.settle(database)
        seconds = await consuming.consume(stage, cells, database, count=count)
        return Run(rate=count / seconds, done=count, found=await consuming.rows(database))


FIGURE = Figure(name="consumer", measure=measure)
