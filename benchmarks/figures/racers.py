"""More people than places, all at once, through the gateway; then those who have one are checked in."""

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

import asyncpg
import orjson

from benchmarks.commands import sides
from benchmarks.commands.issuer import Issuer
from benchmarks.commands.sides import request
from benchmarks.commands.world import CELL, OURS, STEWARDS, World, event, person, steward
from benchmarks.figure import Figure, Plan, Result
from benchmarks.load.schedule import Requests
from benchmarks.servers import Running
from benchmarks.signals import topics
from benchmarks.signals.processes import working
from benchmarks.stage import Stage
from guildhall_local.gateway import envoy
from guildhall_local.instance import HOST, SERVICES
from guildhall_local.testservers import free_ports
from servicekit.testing.patience import eventually

EACH_SECOND = 60
"""So many race for each second of the plan: 600 as a rule."""
PLACES_FOR = 2 / 3
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Race:
    racers: int

    @property
    def places(self) -> int:
        return int(self.racers * PLACES_FOR)


async def measure(stage: Stage, plan: Plan) -> Result:
    race = Race(int(EACH_SECOND * plan.seconds))
    issuer = Issuer(free_ports(1)[0])
    world = World(stage, issuer.url, people=race.racers, events=1, registered=0)
    await world.found()
    await world.reset(OURS)
    await _open(world, race)
    async with topics.fresh(stage) as cells:
        with ExitStack() as ending:
            ending.enter_context(issuer.serving())
            serving = ending.enter_context(sides.ours(stage, world, issuer))
            work = working(stage, "events", world.dsn(OURS, "worker"), cells, bootstrap=stage.kafka.bootstrap)
            ending.enter_context(work)
            gateway = _gateway(stage, issuer, serving)
            ending.enter_context(envoy.running(gateway))
            return await _race(world, race, issuer, gateway.port, serving)


async def _race(world: World, race: Race, issuer: Issuer, port: int, serving: Running) -> Result:
    before = serving.cpu_seconds()
    async with _asking(port) as requests:
        seconds = await requests.all_at_once(_registrations(race, issuer))
    raced = serving.cpu_seconds()
    held = await _places_held(world)
    if len(held) != race.places or sum(requests.statuses.values()) != race.racers:
        raise RuntimeError(
            f"{len(held)} places of {race.places}; answers {requests.statuses}; {requests.first_error!r}"
        )
    async with _asking(port) as requests:
        checked_in = await requests.all_at_once(_check_ins(held, issuer))
    ended = serving.cpu_seconds()
    if requests.statuses != {200: len(held)}:
        raise RuntimeError(f"check-ins were answered {requests.statuses}: {requests.first_error!r}")
    await eventually(lambda: _all_told(world, race.racers + len(held)), within=PATIENCE)
    return Result(
        figure="racers",
        unit="s",
        goal=None,
        told={
            "racers": race.racers,
            "places": race.places,
            "seconds from first to last answer": seconds,
            "ms of the service's CPU for a registration": 1000 * (raced - before) / race.racers,
            "check-ins": len(held),
            "seconds for all check-ins": checked_in,
            "ms of the service's CPU for a check-in": 1000 * (ended - raced) / len(held),
            "MiB of the service": serving.resident_mib(),
        },
        notes=[
            "pretix 2026.8: 31 s, 130 and 55 ms of CPU, 585 MiB",
            "the aim is a hundredth of the CPU and a fifth of the memory",
        ],
    )


@asynccontextmanager
async def _asking(port: int) -> AsyncIterator[Requests]:
    requests = Requests(port)
    try:
        yield requests
    finally:
        await requests.close()


def _gateway(stage: Stage, issuer: Issuer, serving: Running) -> envoy.Gateway:
    port, admin_port = free_ports(2)
    return envoy.Gateway(
        folder=stage.own_folder("gateway"),
        port=port,
        admin_port=admin_port,
        issuer=issuer.url,
        jwks_url=f"{issuer.url}/jwks.json",
        upstreams={service: [f"{HOST}:{serving.port}"] for service in SERVICES},
    )


def _registrations(race: Race, issuer: Issuer) -> list[bytes]:
    return [
        request(
            f"/api/v1/cells/{CELL}/events/{event(0)}/registrations",
            authorization=f"Bearer {issuer.token(str(person(number)))}",
            idempotency_key=f"race-{number:08d}",
        )
        for number in range(race.racers)
    ]


def _check_ins(held: Sequence[str], issuer: Issuer) -> list[bytes]:
    tokens = [issuer.token(str(steward(number))) for number in range(STEWARDS)]
    return [
        request(
            f"/api/v1/cells/{CELL}/events/{event(0)}/check-ins",
            orjson.dumps({"registration_id": registration}),
            authorization=f"Bearer {tokens[number % STEWARDS]}",
            idempotency_key=f"door-{number:08d}",
        )
        for number, registration in enumerate(held)
    ]


async def _open(world: World, race: Race) -> None:
    """So many places, and the relay goes."""
    conn = await asyncpg.connect(world.dsn(OURS, "admin"))
    await conn.execute("UPDATE events SET capacity = $1", race.places)
    await conn.close()
    await world.let_the_relay_go(OURS)


async def _places_held(world: World) -> list[str]:
    conn = await asyncpg.connect(world.dsn(OURS, "admin"))
    rows = await conn.fetch("SELECT id FROM registrations WHERE status = 'confirmed'")
    await conn.close()
    return [str(row["id"]) for row in rows]


async def _all_told(world: World, signals: int) -> bool:
    """Every command's signal has been sent."""
    [sent] = await world.count(OURS, "SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NOT NULL")
    return sent >= signals


FIGURE = Figure(name="racers", measure=measure)
