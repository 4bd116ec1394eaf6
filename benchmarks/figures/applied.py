"""From a command's commit here to its effect's commit there, in milliseconds, at a steady fifty commands a second.

Both commits are timed by the database server's own clock (`track_commit_timestamp`), the same for both sides.
"""

import statistics
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID, uuid4

import asyncpg

from benchmarks.bare import applied as bare
from benchmarks.commands import sides
from benchmarks.commands.issuer import Issuer
from benchmarks.commands.sides import request
from benchmarks.commands.world import CELL, OURS, World, event, person
from benchmarks.figure import Figure, Plan, Result, Run, in_pairs
from benchmarks.load.schedule import Requests
from benchmarks.signals import consuming, topics
from benchmarks.signals.prepared import TOPIC
from benchmarks.signals.processes import working
from benchmarks.stage import Stage
from guildhall_local import postgres
from guildhall_local.testservers import free_ports
from servicekit.testing.patience import eventually

EACH_SECOND = 50
EVENTS = 200
PAIRS = 3
SIXFOLD = 6
"""A side takes so many times as long as a side of other figures: a minute as a rule."""
PATIENCE = 60.0

HERE = "SELECT id, pg_xact_commit_timestamp(xmin) AS at FROM {table}"
THERE = "SELECT registration_id AS id, pg_xact_commit_timestamp(xmin) AS at FROM projection_a.registrations"


class TimedStage(Stage):
    """Its database server notes when each transaction was committed."""

    @cached_property
    def postgres(self) -> postgres.Server:
        server = postgres.Server(folder=self.folder / "timed", port=free_ports(1)[0], password=uuid4().hex)
        server.prepare()
        with (server.data / "postgresql.conf").open("a") as settings:
            settings.write("track_commit_timestamp = on\n")
        running = postgres.running(self.folder / "timed", server.port, password=server.password)
        return self._ending.enter_context(running)


@contextmanager
def timed(stage: Stage) -> Iterator[TimedStage]:
    """Beside the stage, with its broker."""
    own = TimedStage(stage.own_folder("timed-stage"))
    own.__dict__["kafka"] = stage.kafka
    try:
        yield own
    finally:
        own._ending.close()


@dataclass(frozen=True, slots=True)
class Load:
    """How many are told before those that count, and how many count."""

    warm_up: int
    counting: int

    @property
    def all(self) -> int:
        return self.warm_up + self.counting


async def measure(stage: Stage, plan: Plan) -> Result:
    load = Load(int(EACH_SECOND * max(plan.warm_up, 0.2)), int(EACH_SECOND * SIXFOLD * plan.seconds))
    with timed(stage) as own:
        issuer = Issuer(free_ports(1)[0])
        world = World(own, issuer.url, people=load.all // EVENTS + 1, events=EVENTS, registered=0)
        await world.found()
        with issuer.serving(), sides.ours(own, world, issuer) as serving:
            pairs = await in_pairs(
                lambda: _bare(own, load),
                lambda: _ours(own, world, issuer, serving.port, load),
                pairs=min(plan.pairs, PAIRS),
            )
    return Result(
        figure="applied",
        unit="1/p99 (1/s)",
        goal=1 / 3,
        pairs=pairs,
        notes=["p99 from commit to commit may be three times that of the bare side, which is a ratio of 0.33"],
    )


async def _bare(stage: Stage, load: Load) -> Run:
    ids = [uuid4() for _ in range(load.all)]
    async with (
        topics.fresh(stage, only=[TOPIC]) as cells,
        consuming.analytics(stage) as here,
        consuming.analytics(stage) as there,
    ):
        topic, group = cells.prefix + TOPIC, f"{cells.prefix}bare"
        await bare.run(stage.kafka.bootstrap, topic, group, here.admin, there.admin, ids, each_second=EACH_SECOND)
        return await _run(here.admin, HERE.format(table="servicekit.outbox"), there.admin, load)


async def _ours(stage: Stage, world: World, issuer: Issuer, port: int, load: Load) -> Run:
    async with topics.fresh(stage) as cells, consuming.analytics(stage) as there:
        await world.reset(OURS)
        await world.let_the_relay_go(OURS)
        here = world.dsn(OURS, "admin")
        with (
            working(stage, "events", world.dsn(OURS, "worker"), cells, bootstrap=stage.kafka.bootstrap),
            working(stage, "analytics", there.worker, cells, bootstrap=stage.kafka.bootstrap),
        ):
            asked = list(_requests(issuer, load))
            async with _requests_to(port) as requests:
                await requests.on_schedule(asked[: load.warm_up], each_second=EACH_SECOND)
                await eventually(lambda: _there(there.admin, load.warm_up), within=PATIENCE)
                await requests.on_schedule(asked[load.warm_up :], each_second=EACH_SECOND)
            await eventually(lambda: _there(there.admin, load.all), within=PATIENCE)
        run = await _run(here, HERE.format(table="registrations"), there.admin, load)
        refused = sum(count for status, count in requests.statuses.items() if status != 201)
        return replace(run, errors=refused)


@asynccontextmanager
async def _requests_to(port: int) -> AsyncIterator[Requests]:
    requests = Requests(port)
    try:
        yield requests
    finally:
        await requests.close()


def _requests(issuer: Issuer, load: Load) -> Iterator[bytes]:
    tokens = [issuer.token(str(person(number))) for number in range(load.all // EVENTS + 1)]
    for number in range(load.all):
        yield request(
            f"/api/v1/cells/{CELL}/events/{event(number % EVENTS)}/registrations",
            authorization=f"Bearer {tokens[number // EVENTS]}",
            idempotency_key=f"key-{number:08d}",
        )


async def _there(dsn: str, count: int) -> bool:
    return len(await _times(dsn, THERE)) >= count


async def _run(here: str, statement: str, there: str, load: Load) -> Run:
    began, ended = await _times(here, statement), await _times(there, THERE)
    counting = sorted(began, key=lambda one: began[one])[load.warm_up :]
    took = sorted(1000 * (ended[one] - began[one]) for one in counting if one in ended)
    if not took:
        raise RuntimeError("nothing arrived")
    p99 = took[len(took) * 99 // 100]
    return Run(
        rate=1000 / p99,
        done=load.counting,
        found=len(took),
        extra={"p50 ms": statistics.median(took), "p99 ms": p99, "longest ms": took[-1]},
    )


async def _times(dsn: str, statement: str) -> dict[UUID, float]:
    """When each was committed, in seconds since 1970."""
    conn = await asyncpg.connect(dsn)
    try:
        return {row["id"]: row["at"].timestamp() for row in await conn.fetch(statement)}
    finally:
        await conn.close()


FIGURE = Figure(name="applied", measure=measure)
