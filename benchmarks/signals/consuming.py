"""The consumer of analytics as its `work` runs it, over topics that were filled beforehand."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from analytics_service.consumers import CONSUMERS, FACTS
from analytics_service.schema import SCHEMA
from benchmarks.bare import relay as sending
from benchmarks.signals import topics
from benchmarks.signals.prepared import TOPIC, confirmations
from benchmarks.stage import POOL_SIZE, Stage
from events_contracts import RegistrationConfirmed
from servicekit.cells import Cells
from servicekit.consumers import registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import Record
from servicekit.consumers.runtime import Consumption
from servicekit.database import Database
from servicekit.envelope import CONTENT_TYPE
from servicekit.testing import databases
from servicekit.testing.databases import TestDatabase
from servicekit.testing.patience import eventually

TABLE = "projection_a.registrations"
PATIENCE = 300.0


@asynccontextmanager
async def filled(stage: Stage, count: int, *, serve: str = "midlands") -> AsyncIterator[Cells]:
    """All topics, and so many confirmed places on one of them, compressed as the relay sends them."""
    async with topics.fresh(stage, serve=serve) as cells:
        await fill(stage, cells, count)
        yield cells


async def fill(stage: Stage, cells: Cells, count: int) -> None:
    records = [
        (
            one.key.encode(),
            one.body,
            [
                ("id", str(one.id).encode()),
                ("type", RegistrationConfirmed.type.encode()),
                ("version", b"1"),
                ("content-type", CONTENT_TYPE.encode()),
            ],
        )
        for one in confirmations(count)
    ]
    await sending.send(stage.kafka.bootstrap, cells.prefix + TOPIC, [], records)


@asynccontextmanager
async def analytics(stage: Stage) -> AsyncIterator[TestDatabase]:
    """A database of its own, and so groups of its own: it reads everything."""
    async with databases.fresh(stage.postgres.admin_dsn, "analytics", SCHEMA, CONSUMERS) as database:
        conn = await asyncpg.connect(database.admin)
        await conn.execute("UPDATE servicekit.deployment SET id = $1", database.name)
        await conn.close()
        yield database


@dataclass(slots=True, kw_only=True)
class _Timed(Applier):
    began: float = 0.0

    async def apply(self, records: Sequence[Record]) -> None:
        self.began = self.began or time.perf_counter()
        await Applier.apply(self, records)


async def consume(stage: Stage, cells: Cells, database: TestDatabase, *, count: int) -> float:
    """Seconds from the first records' arrival to the last commit of an offset."""
    db = await Database.open(database.worker, size=POOL_SIZE)
    try:
        async with db.pool.acquire() as conn:
            active = await registry.active(conn, FACTS.projection)
            group = await registry.group_name(conn, "analytics", FACTS, prefix=cells.prefix)
        applier = _Timed(consumer=FACTS, db=db, epoch=active.epoch, serves=cells.serves)
        consumption = Consumption(
            consumer=FACTS, cells=cells, bootstrap=stage.kafka.bootstrap, group=group, db=db, applier=applier
        )
        return await _until_committed(stage, consumption, applier, cells.prefix + TOPIC, count)
    finally:
        await db.close()


async def _until_committed(stage: Stage, consumption: Consumption, applier: _Timed, topic: str, count: int) -> float:
    admin = AIOKafkaAdminClient(bootstrap_servers=stage.kafka.bootstrap)
    await admin.start()
    task = asyncio.create_task(consumption.run())

    async def all_committed() -> bool:
        if task.done():
            await task  # and raises what ended it
        return applier.applied >= count and await topics.committed(admin, consumption.group, [topic]) >= count

    try:
        await eventually(all_committed, within=PATIENCE)
        return time.perf_counter() - applier.began
    finally:
        consumption.stopping.set()
        await task
        await admin.close()


async def rows(database: TestDatabase, table: str = TABLE) -> int:
    conn = await asyncpg.connect(database.admin)
    try:
        count: int = await conn.fetchval(f"SELECT count(*) FROM {table}")  # the name is our own
        return count
    finally:
        await conn.close()


async def settle(database: TestDatabase, *statements: str) -> None:
    """The same start for everybody: vacuumed, and a checkpoint."""
    conn = await asyncpg.connect(database.admin)
    try:
        for statement in (*statements, "VACUUM (ANALYZE)", "CHECKPOINT"):
            await conn.execute(statement)
    finally:
        await conn.close()


async def start_over(database: TestDatabase) -> None:
    """As if nothing had been consumed, in groups that the broker does not know."""
    await settle(
        database,
        f"TRUNCATE {TABLE}, servicekit.inbox, servicekit.positions",
        "UPDATE servicekit.deployment SET id = substr(md5(random()::text), 1, 12)",
    )


async def know_members(database: TestDatabase, count: int) -> None:
    """So many memberships of one network, as they were told of."""
    conn = await asyncpg.connect(database.admin)
    await conn.execute(
        """
        INSERT INTO projection_a.membership_versions
               (membership_id, version, told_at, person_id, network_id, main, since, job_role, sector, described_from)
        SELECT md5('membership-' || n)::uuid, 1, now(), md5('person-' || n)::uuid, md5('network')::uuid, true,
               '2020-01-01', 'service-manager', 'acute', '2020-01-01'
          FROM generate_series(1, $1::int) AS n
        """,
        count,
        timeout=600,
    )
    await conn.close()
