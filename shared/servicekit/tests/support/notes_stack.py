"""The little service with a real broker: its relay, its consumers, what it has kept and sent."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from notes_service import NOTES, NoteWritten

from servicekit.cells import Cells
from servicekit.consumers import Consumer, registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.runtime import Consumption, kafka_settings
from servicekit.database import Database
from servicekit.envelope import Origin
from servicekit.outbox import publish
from servicekit.outbox.relay import Relay
from servicekit.testing.databases import TestDatabase

MIDLANDS = Origin("midlands", "national.midlands")
TOPIC = "midlands.notes"


@dataclass
class Stack:
    notes: TestDatabase
    db: Database
    cells: Cells
    kafka: str
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def write(self, note_id: UUID, text: str) -> None:
        async with self.db.transaction() as conn:
            await publish(conn, NoteWritten(version=1, note_id=note_id, text=text), at=MIDLANDS)

    def relay(self, **given: Any) -> Relay:
        relay = Relay(
            dsn=self.notes.worker,
            bootstrap=self.kafka,
            prefix=self.cells.prefix,
            stopping=self.stopping,
            **given,
        )
        self.tasks.append(asyncio.create_task(relay.run()))
        return relay

    async def consume(
        self, kind: type[Consumption] = Consumption, consumer: Consumer = NOTES, **given: Any
    ) -> Consumption:
        async with self.db.transaction() as conn:
            epoch = (await registry.active(conn, "projection")).epoch
            group = await registry.group_name(conn, "notes", consumer, prefix=self.cells.prefix)
        consumption = kind(
            consumer=consumer,
            cells=self.cells,
            bootstrap=self.kafka,
            group=group,
            db=self.db,
            applier=Applier(consumer=consumer, db=self.db, epoch=epoch),
            stopping=self.stopping,
            **given,
        )
        self.tasks.append(asyncio.create_task(consumption.run()))
        return consumption

    async def stop(self) -> None:
        self.stopping.set()
        await asyncio.gather(*self.tasks)
        self.stopping, self.tasks = asyncio.Event(), []

    async def texts(self, note_id: UUID) -> list[str]:
        async with self.db.transaction() as conn:
            return await conn.fetchval("SELECT texts FROM kept_notes WHERE note_id = $1", note_id) or []

    async def on_the_topic(self) -> list[Any]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka, **kafka_settings())
        await consumer.start()
        try:
            partition = TopicPartition(self.cells.prefix + TOPIC, 0)
            consumer.assign([partition])
            end = (await consumer.end_offsets([partition]))[partition]
            found: list[Any] = []
            while await consumer.position(partition) < end:
                found += (await consumer.getmany(partition, timeout_ms=500)).get(partition, [])
            return found
        finally:
            await consumer.stop()


async def has(stack: Stack, note: UUID, count: int) -> bool:
    return len(await stack.texts(note)) == count


async def sent(stack: Stack, count: int) -> bool:
    async with stack.db.transaction() as conn:
        return bool(await conn.fetchval("SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NOT NULL") == count)


async def progressed(relay: Relay) -> bool:
    return relay.elected and relay.last_progress > 0


async def ends_with(stack: Stack, note: UUID, text: str) -> bool:
    return (await stack.texts(note))[-1:] == [text]


class Lost(RuntimeError):
    """The process dies before its handler has committed."""


@dataclass(slots=True, kw_only=True)
class DyingApplier(Applier):
    """Takes what comes in hand, and dies with the process before it is done."""

    until: asyncio.Event
    taken: int = 0

    async def apply(self, records: Any) -> None:
        self.taken += 1
        await self.until.wait()
        raise Lost
