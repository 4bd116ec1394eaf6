"""Rebuilding a stopped service's projection: the idle schema is filled from the first offset, then made active."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from servicekit.cells import Cells
from servicekit.consumers import registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import HEARTBEAT
from servicekit.consumers.registry import Active
from servicekit.consumers.runtime import as_record, kafka_settings
from servicekit.consumers.subscription import Consumer
from servicekit.database import Conn, Database
from servicekit.problem import Conflict

RUNNING_LOCK = 0x776F726B  # "work": shared by every working process, taken alone by a rebuild

Progress = Callable[[int, int], Awaitable[None]]
"""(records applied, records in all)"""


class ServiceRuns(Conflict):
    code = "service-runs"
    title = "Stop the service's work first"


async def quiet(_done: int, _total: int) -> None: ...


@dataclass(slots=True, kw_only=True)
class Rebuild:
    """One projection of one stopped service; its telling handlers are not run."""

    service: str
    consumer: Consumer
    cells: Cells
    bootstrap: str
    db: Database
    progress: Progress = quiet
    order: Callable[[list[TopicPartition]], list[TopicPartition]] = field(default=list)
    """In which order partitions are taken up; the result must not depend on it."""

    async def run(self) -> int:
        """Rebuild and switch. Returns the number of records read. Raises ServiceRuns where `work` is running."""
        async with self.db.pool.acquire() as guard:
            if not await guard.fetchval("SELECT pg_try_advisory_lock($1)", RUNNING_LOCK):
                raise ServiceRuns(f"the work of {self.service} is running; stop it, then rebuild")
            old = await registry.active(guard, self.consumer.projection)
            old_group = await self._group(guard, old.epoch)
            new_group = await self._group(guard, old.epoch + 1)
            await self._empty(guard, old)
            targets = await self._committed(old_group)
            count = await self._consume(old, targets, new_group)
            await self._switch(guard, old)
        return count

    async def _group(self, conn: Conn, epoch: int) -> str:
        return await registry.group_name(conn, self.service, self.consumer, epoch=epoch, prefix=self.cells.prefix)

    async def _empty(self, conn: Conn, old: Active) -> None:
        tables = await conn.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname = $1 AND tablename <> 'schema_migrations'",
            old.idle_schema,
        )
        for table in tables:
            await conn.execute(f"TRUNCATE {table['name']} CASCADE")  # names come from the catalogue, quoted by it
        await conn.execute(
            "DELETE FROM servicekit.inbox WHERE consumer = $1 AND epoch <> $2", self.consumer.name, old.epoch
        )

    async def _committed(self, group: str) -> dict[TopicPartition, int]:
        """Up to where the old epoch has applied, and so may have told: the new one continues exactly there."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            offsets: dict[TopicPartition, Any] = await admin.list_consumer_group_offsets(group)
        finally:
            await admin.close()
        return {partition: found.offset for partition, found in offsets.items() if found.offset > 0}

    async def _consume(self, old: Active, targets: dict[TopicPartition, int], group: str) -> int:
        applier = Applier(
            consumer=self.consumer,
            db=self.db,
            epoch=old.epoch + 1,
            schemas=await self._schemas(old),
            rebuilding=True,
        )
        kafka = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=group, **kafka_settings())
        await kafka.start()
        try:
            count = 0
            for partition in self.order(sorted(targets)):
                count += await self._read_partition(kafka, applier, partition, targets)
            if targets:
                kafka.assign(list(targets))
                await kafka.commit(targets)
        finally:
            await kafka.stop()
        return count

    async def _read_partition(
        self,
        kafka: AIOKafkaConsumer,
        applier: Applier,
        partition: TopicPartition,
        targets: dict[TopicPartition, int],
    ) -> int:
        kafka.assign([partition])
        await kafka.seek_to_beginning(partition)
        count = 0
        while await kafka.position(partition) < targets[partition]:
            fetched = await kafka.getmany(partition, timeout_ms=500, max_records=2000)
            taken = [r for r in fetched.get(partition, []) if r.offset < targets[partition]]
            records = [as_record(record, self.cells.prefix) for record in taken]
            signals = [record for record in records if record.key != HEARTBEAT]
            if signals:
                await applier.apply(signals)
            count += len(records)
            await self.progress(count, targets[partition])
        return count

    async def _schemas(self, old: Active) -> str:
        """The active search path, with the idle side of this projection in its place."""
        async with self.db.pool.acquire() as conn:
            path: str = await conn.fetchval("SELECT servicekit.active_schemas()")
        return path.replace(f"{old.name}_{old.side}", old.idle_schema)

    async def _switch(self, conn: Conn, old: Active) -> None:
        async with conn.transaction():
            await conn.execute(
                "UPDATE servicekit.projections SET active = $2, epoch = $3 WHERE name = $1",
                old.name,
                registry.OTHER[old.side],
                old.epoch + 1,
            )
            await conn.execute(
                "DELETE FROM servicekit.inbox WHERE consumer = $1 AND epoch = $2",
                self.consumer.name,
                old.epoch,
            )


async def hold_running_lock(conn: Conn) -> None:
    """Say that this process works, for as long as the connection lives; waits while a rebuild is on."""
    await conn.execute("SELECT pg_advisory_lock_shared($1)", RUNNING_LOCK)
