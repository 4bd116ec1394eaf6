"""Commands in pairs: both servers stand, one is asked at a time, and each starts from the same state."""

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.commands import sides
from benchmarks.commands.issuer import Issuer
from benchmarks.commands.sides import Bytes
from benchmarks.commands.world import BARE, OURS, World
from benchmarks.figure import Plan, Result, Run, in_pairs
from benchmarks.load import __main__ as generator
from benchmarks.load.order import Load, LoadFailed, load
from benchmarks.servers import Running
from benchmarks.signals import topics
from benchmarks.signals.processes import working
from benchmarks.stage import Stage
from guildhall_local.testservers import free_ports
from servicekit.testing.patience import eventually

PATIENCE = 120.0
UNSENT = "SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One figure's requests, and what they leave behind."""

    name: str
    unit: str
    """What is done, in the plural."""
    people: int
    events: int
    registered: int
    requests: Callable[[World, Issuer], tuple[Iterable[bytes], Iterable[bytes]]]
    """For the bare side, and for ours."""
    left: str
    """A statement that counts effects, signals and stored answers: all three equal what was acknowledged."""


LENGTHS = """
SELECT (SELECT max(length(body)) FROM servicekit.outbox),
       (SELECT max(length(body)) FROM servicekit.idempotency_keys),
       (SELECT max(length(headers)) FROM servicekit.idempotency_keys)
"""


@dataclass
class Measuring:
    shape: Shape
    plan: Plan
    world: World
    folder: Path
    running: dict[str, Running]

    async def run(self, side: str) -> Run:
        """Warmed up, emptied, measured, counted."""
        await self.world.reset(side)
        await self._load(side, self.plan.warm_up)
        await self.world.reset(side)
        return await self._measured(side)

    async def run_with_relay(self, stage: Stage) -> Run:
        """Ours once more, while its `work` sends what it writes."""
        await self.world.reset(OURS)
        await self.world.let_the_relay_go(OURS)
        worker = self.world.dsn(OURS, "worker")
        async with topics.fresh(stage) as cells:
            with working(stage, "events", worker, cells, bootstrap=stage.kafka.bootstrap):
                await self._load(OURS, self.plan.warm_up)
                await eventually(self._all_sent, within=PATIENCE)
                await self.world.reset(OURS)
                await self.world.let_the_relay_go(OURS)
                began = time.monotonic()
                run = await self._measured(OURS)
                await eventually(self._all_sent, within=PATIENCE)
                seconds = time.monotonic() - began
        return replace(run, extra=run.extra | {"seconds until the last was sent": seconds})

    async def _all_sent(self) -> bool:
        return await self.world.count(OURS, UNSENT) == [0]

    async def _measured(self, side: str) -> Run:
        server = self.running[side]
        cpu = server.cpu_seconds()
        seen = await self._load(side, self.plan.seconds)
        cpu = server.cpu_seconds() - cpu
        counted = await self.world.count(side, self.shape.left)
        if seen.first_error:
            print(seen.first_error)
        return Run(
            rate=seen.done / seen.seconds if seen.seconds else 0.0,
            done=seen.done,
            found=counted[0] if len(set(counted)) == 1 else -1,
            errors=seen.errors + seen.ran_out,
            extra={
                "p50 ms": seen.p50_ms,
                "p99 ms": seen.p99_ms,
                "ms of CPU each": 1000 * cpu / max(1, seen.done),
                "generator's share of the server's CPU": seen.cpu_seconds / max(cpu, 0.001),
            },
        )

    async def _load(self, side: str, seconds: float) -> Load:
        return await load(self.folder / f"{side}.requests", port=self.running[side].port, seconds=seconds)


async def result(stage: Stage, plan: Plan, shape: Shape, *, goal: float) -> Result:
    """The pairs without the relay on either side; then, as a thing told, ours with it."""
    async with prepared(stage, plan, shape) as measuring:
        pairs = await in_pairs(lambda: measuring.run(BARE), lambda: measuring.run(OURS), pairs=plan.pairs)
        relayed = await measuring.run_with_relay(stage)
    if not relayed.counts:
        raise RuntimeError(f"with the relay {relayed.done} were done and {relayed.found} found")
    return Result(
        figure=shape.name,
        unit=f"{shape.unit}/s",
        goal=goal,
        pairs=pairs,
        told={
            f"with the relay, {shape.unit} a second": relayed.rate,
            "with the relay, seconds until the last was sent": relayed.extra["seconds until the last was sent"],
        },
    )


@asynccontextmanager
async def prepared(stage: Stage, plan: Plan, shape: Shape) -> AsyncIterator[Measuring]:
    """Both worlds founded, both servers up, all requests written down."""
    issuer = Issuer(free_ports(1)[0])
    world = World(stage, issuer.url, people=shape.people, events=shape.events, registered=shape.registered)
    folder = stage.own_folder(shape.name)
    await world.found()
    for side, requests in zip((BARE, OURS), shape.requests(world, issuer), strict=True):
        generator.write(folder / f"{side}.requests", iter(requests))
    with issuer.serving(), sides.ours(stage, world, issuer) as own:
        measuring = Measuring(shape, plan, world, folder, {OURS: own})
        same = await _lengths(measuring)
        with sides.bare(stage, world, same) as bare:
            measuring.running[BARE] = bare
            yield measuring


async def _lengths(measuring: Measuring) -> Bytes:
    """Ask ours for a moment, to see how long what it stores is."""
    await measuring.world.reset(OURS)
    seen = await load(
        measuring.folder / f"{OURS}.requests", port=measuring.running[OURS].port, seconds=0.3, connections=4
    )
    if seen.errors or not seen.done:
        raise LoadFailed(f"ours refuses what it is asked: {seen.first_error}")
    signal, answer, headers = await measuring.world.count(OURS, LENGTHS)
    return Bytes(signal=signal, answer=answer, headers=headers)
