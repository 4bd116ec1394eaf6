"""What one registration, one signal, one row of an announcement costs among few members, and among very many."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.commands import sides
from benchmarks.commands.issuer import Issuer
from benchmarks.commands.world import OURS
from benchmarks.figure import Figure, Plan, Result, Run, in_pairs
from benchmarks.figures.registrations import EVENTS, LEFT, MEMBERS, over_many, requests
from benchmarks.load import __main__ as generator
from benchmarks.load.order import load
from benchmarks.servers import Running
from benchmarks.signals import announcing, consuming
from benchmarks.signals.crowd import Crowd, crowds
from benchmarks.stage import Stage
from guildhall_local.testservers import free_ports
from servicekit.cells import Cells
from servicekit.testing.databases import TestDatabase

FEW, MANY = 1_000, 100_000
"""Members for each second of the plan: ten thousand and a million as a rule; a hundred thousand lie between."""
SIGNALS, PEOPLE = 5_000, 1_000
"""Consumed, or told, for each second of the plan; as many at every size."""
MOST = 1.2
"""Times what it costs among few."""

Measured = Callable[[int], Awaitable[Run]]
"""A run among so many members."""


async def _result(name: str, unit: str, plan: Plan, measured: Measured) -> Result:
    few, between, many = sizes(plan)
    pairs = await in_pairs(lambda: measured(few), lambda: measured(many), pairs=plan.pairs)
    among = await measured(between)
    return Result(
        figure=name,
        unit=unit,
        goal=1 / MOST,
        pairs=pairs,
        told={f"a second among {between:,} members": among.rate},
        notes=[
            f"bare: among {few:,} members; ours: among {many:,}; a ratio of {1 / MOST:.2f} is {MOST} times the cost"
        ],
    )


def sizes(plan: Plan) -> tuple[int, int, int]:
    few, many = int(FEW * plan.seconds), int(MANY * plan.seconds)
    return few, 10 * few, many


async def registrations(stage: Stage, plan: Plan) -> Result:
    issuer = Issuer(free_ports(1)[0])
    asked = over_many(int(sides.FASTEST * plan.seconds))
    with issuer.serving():
        async with AsyncExitStack() as ending:
            found = await crowds(stage, issuer.url, people=MEMBERS, events=EVENTS, members=sizes(plan))
            prepared = stage.own_folder("growth") / "requests"
            generator.write(prepared, iter(list(requests(asked, found[0], issuer)[1])))
            serving = {crowd.members: ending.enter_context(sides.ours(stage, crowd, issuer)) for crowd in found}
            by_size = {crowd.members: crowd for crowd in found}
            return await _result(
                "registrations-growth",
                "registrations/s",
                plan,
                lambda members: _register(by_size[members], serving[members], prepared, plan),
            )


async def _register(crowd: Crowd, serving: Running, prepared: Path, plan: Plan) -> Run:
    await crowd.reset(OURS)
    await load(prepared, port=serving.port, seconds=plan.warm_up)
    await crowd.reset(OURS)
    cpu = serving.cpu_seconds()
    seen = await load(prepared, port=serving.port, seconds=plan.seconds)
    counted = await crowd.count(OURS, LEFT)
    return Run(
        rate=seen.done / seen.seconds,
        done=seen.done,
        found=counted[0] if len(set(counted)) == 1 else -1,
        errors=seen.errors,
        extra={"ms of CPU each": 1000 * (serving.cpu_seconds() - cpu) / max(1, seen.done)},
    )


async def signals(stage: Stage, plan: Plan) -> Result:
    count = int(SIGNALS * plan.seconds)
    async with consuming.filled(stage, count) as cells, AsyncExitStack() as ending:
        databases = {
            members: await ending.enter_async_context(_with_versions(stage, members)) for members in sizes(plan)
        }
        return await _result(
            "signals-growth",
            "signals/s",
            plan,
            lambda members: _consume(stage, cells, databases[members], count),
        )


@asynccontextmanager
async def _with_versions(stage: Stage, members: int) -> AsyncIterator[TestDatabase]:
    """A database of analytics that knows so many memberships."""
    async with consuming.analytics(stage) as database:
        await consuming.know_members(database, members)
        yield database


async def _consume(stage: Stage, cells: Cells, database: TestDatabase, count: int) -> Run:
    await consuming.start_over(database)
    seconds = await consuming.consume(stage, cells, database, count=count)
    return Run(rate=count / seconds, done=count, found=await consuming.rows(database))


async def announcements(stage: Stage, plan: Plan) -> Result:
    people = int(PEOPLE * plan.seconds)
    async with AsyncExitStack() as ending:
        databases = {
            members: await ending.enter_async_context(announcing.peopled(stage, members)) for members in sizes(plan)
        }
        sized = {members: await announcing.size_up(databases[members]) for members in databases}
        result = await _result(
            "announcement-growth",
            "ledger rows/s",
            plan,
            lambda members: _announce(databases[members], people),
        )
        told = {f"seconds to count an audience of {members:,}": seconds for members, seconds in sized.items()}
        return replace(result, told={**result.told, **told})


async def _announce(database: TestDatabase, people: int) -> Run:
    await announcing.start_over(database)
    seconds = await announcing.announce(database, people=people, is_sized_up=True)
    done = announcing.CHANNELS * people
    return Run(rate=done / seconds, done=done, found=await consuming.rows(database, announcing.LEDGER))


FIGURES: Sequence[Figure] = [
    Figure(name="registrations-growth", measure=registrations),
    Figure(name="signals-growth", measure=signals),
    Figure(name="announcement-growth", measure=announcements),
]
