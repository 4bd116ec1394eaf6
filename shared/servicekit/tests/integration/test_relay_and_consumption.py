"""From a committed row through a real broker into another transaction: at least once sent, once applied, in order."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from notes_service import NOTES, NoteWritten

from servicekit.cells import Cells
from servicekit.consumers import registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.rebuild import Rebuild, ServiceRuns, hold_running_lock
from servicekit.consumers.runtime import Consumption, kafka_settings
from servicekit.consumers.runtime import Stuck as StuckConsumer
from servicekit.database import Database
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.outbox import ledger, publish
from servicekit.outbox.relay import Relay
from servicekit.outbox.relay import Stuck as StuckRelay
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase
from servicekit.testing.topics import cells_for_tests, created

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

    async def consume(self, **given: Any) -> Consumption:
        async with self.db.transaction() as conn:
            epoch = (await registry.active(conn, "projection")).epoch
            group = await registry.group_name(conn, "notes", NOTES, epoch=epoch, prefix=self.cells.prefix)
        consumption = Consumption(
            consumer=NOTES,
            cells=self.cells,
            bootstrap=self.kafka,
            group=group,
            db=self.db,
            applier=Applier(consumer=NOTES, db=self.db, epoch=epoch),
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


@pytest.fixture
async def stack(notes: TestDatabase, worker: Database, kafka: str, cells_file: Path) -> AsyncIterator[Stack]:
    cells = replace(cells_for_tests(cells_file, serve="midlands"), partitions={"notes": 1})
    async with created(cells, kafka, only=[TOPIC, "national.notes"]):
        stack = Stack(notes, worker, cells, kafka)
        yield stack
        await stack.stop()


async def test_what_is_committed_is_sent_applied_and_marked(stack: Stack) -> None:
    note = new_id()
    stack.relay()
    await stack.consume()

    for number in range(30):
        await stack.write(note, str(number))

    await eventually(lambda: has(stack, note, 30))
    assert await stack.texts(note) == [str(number) for number in range(30)]
    async with stack.db.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NULL") == 0


async def has(stack: Stack, note: UUID, count: int) -> bool:
    return len(await stack.texts(note)) == count


async def test_no_signal_leaves_a_transaction_that_rolled_back(stack: Stack) -> None:
    note = new_id()
    with pytest.raises(ZeroDivisionError):
        await publish_and_fail(stack, note)
    await stack.write(note, "after")
    stack.relay()

    await eventually(lambda: sent(stack, 1))

    assert [record.key for record in await stack.on_the_topic()] == [str(note).encode()]


async def publish_and_fail(stack: Stack, note: UUID) -> None:
    async with stack.db.transaction() as conn:
        await publish(conn, NoteWritten(version=1, note_id=note, text="never"), at=MIDLANDS)
        raise ZeroDivisionError


async def sent(stack: Stack, count: int) -> bool:
    async with stack.db.transaction() as conn:
        return bool(await conn.fetchval("SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NOT NULL") == count)


BY_ID = ledger.UNSENT.replace("ORDER BY lane, position", "ORDER BY lane, id")
"""The wrong variant: ids drawn by several processes invert."""


@pytest.mark.parametrize(("statement", "in_order"), [(ledger.UNSENT, True), (BY_ID, False)])
async def test_a_key_keeps_its_order_only_by_position(stack: Stack, statement: str, in_order: bool) -> None:
    note = new_id()
    ids = sorted(new_id() for _ in range(20))
    for number in range(20):
        await stack.write(note, str(number))
    async with stack.db.transaction() as conn:  # as if two processes had drawn them: the later the smaller
        await conn.executemany(
            "UPDATE servicekit.outbox SET id = $2 WHERE position ="
            " (SELECT position FROM servicekit.outbox ORDER BY position OFFSET $1 LIMIT 1)",
            list(enumerate(reversed(ids))),
        )
    stack.relay(unsent=statement)
    await stack.consume()

    await eventually(lambda: has(stack, note, 20))

    assert (await stack.texts(note) == [str(number) for number in range(20)]) is in_order


async def test_only_one_relay_sends_and_the_next_takes_over(stack: Stack) -> None:
    first, second = stack.relay(), stack.relay()
    await eventually(lambda: one_of(first, second))
    waiting = second if first.elected else first
    for number in range(10):
        await stack.write(new_id(), str(number))
    await eventually(lambda: sent(stack, 10))
    assert not waiting.elected

    async with stack.db.transaction() as conn:
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND pid IN (SELECT pid FROM pg_stat_activity WHERE application_name = 'relay')"
        )

    await eventually(lambda: is_elected(first, second))
    await stack.write(new_id(), "after")
    await eventually(lambda: sent(stack, 11))
    assert len(await stack.on_the_topic()) == 11


async def one_of(first: Relay, second: Relay) -> bool:
    return first.elected != second.elected


async def is_elected(first: Relay, second: Relay) -> bool:
    return first.elected or second.elected


async def test_a_held_relay_sends_nothing_until_it_may(stack: Stack) -> None:
    async with stack.db.transaction() as conn:
        await ledger.hold(conn, held=True)
    relay = stack.relay()
    await stack.write(new_id(), "held")
    await eventually(lambda: progressed(relay))
    assert not await sent(stack, 1)

    async with stack.db.transaction() as conn:
        await ledger.hold(conn, held=False)

    await eventually(lambda: sent(stack, 1))


async def progressed(relay: Relay) -> bool:
    return relay.elected and relay.last_progress > 0


async def ends_with(stack: Stack, note: UUID, text: str) -> bool:
    return (await stack.texts(note))[-1:] == [text]


class Lost(RuntimeError):
    """The process dies before its handler has committed."""


@pytest.mark.parametrize(("auto_commit", "kept"), [(False, True), (True, False)])
async def test_a_crash_in_the_handler_loses_nothing_only_with_manual_commit(
    stack: Stack, auto_commit: bool, kept: bool
) -> None:
    """The wrong variant commits offsets behind the handler's back, and skips what was in hand."""
    note = new_id()
    stack.relay()
    await stack.write(note, "in hand")
    await eventually(lambda: sent(stack, 1))
    settings = kafka_settings() | ({"enable_auto_commit": True, "auto_commit_interval_ms": 50} if auto_commit else {})
    consumption = await stack.consume(settings=settings)
    consumption.applier = DyingApplier(consumer=NOTES, db=stack.db, epoch=1, until=stack.stopping)
    await eventually(lambda: offsets_are_as_meant(stack, consumption, committed=auto_commit))

    stack.stopping.set()
    await asyncio.gather(*stack.tasks, return_exceptions=True)
    stack.stopping, stack.tasks = asyncio.Event(), []
    stack.relay()
    await stack.consume()
    await stack.write(note, "later")
    await eventually(lambda: ends_with(stack, note, "later"))

    assert (await stack.texts(note) == ["in hand", "later"]) is kept


@dataclass(slots=True, kw_only=True)
class DyingApplier(Applier):
    """Takes what comes in hand, and dies with the process before it is done."""

    until: asyncio.Event
    taken: int = 0

    async def apply(self, records: Any) -> None:
        self.taken += 1
        await self.until.wait()
        raise Lost


async def offsets_are_as_meant(stack: Stack, consumption: Consumption, *, committed: bool) -> bool:
    """Wait until the record is in hand and, for the wrong variant, until Kafka has been told that it is done."""
    applier = consumption.applier
    if not (isinstance(applier, DyingApplier) and applier.taken):
        return False
    if not committed:
        return True
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(consumption.group)
        return any(found.offset > 0 for found in offsets.values())
    finally:
        await admin.close()


async def test_a_rebuild_gives_the_same_and_tells_nobody_again(stack: Stack) -> None:
    notes = [new_id() for _ in range(5)]
    stack.relay()
    await stack.consume()
    for number in range(20):
        await stack.write(notes[number % 5], str(number))
    await eventually(lambda: has(stack, notes[4], 4))
    await eventually(lambda: everything_is_told(stack, 20))
    before = {note: await stack.texts(note) for note in notes}
    await stack.stop()

    count = await Rebuild(service="notes", consumer=NOTES, cells=stack.cells, bootstrap=stack.kafka, db=stack.db).run()

    assert count == 20
    assert {note: await stack.texts(note) for note in notes} == before
    async with stack.db.transaction() as conn:
        assert (await registry.active(conn, "projection")).side == "b"
        assert await conn.fetchval("SELECT count(*) FROM told") == 20
        assert await conn.fetchval("SELECT count(*) FROM servicekit.inbox WHERE epoch = 1") == 0
    await stack.write(notes[0], "after")
    stack.relay()
    await stack.consume()
    await eventually(lambda: ends_with(stack, notes[0], "after"))
    assert await stack.texts(notes[0]) == [*before[notes[0]], "after"]


async def everything_is_told(stack: Stack, count: int) -> bool:
    async with stack.db.transaction() as conn:
        return bool(await conn.fetchval("SELECT count(*) FROM told") == count)


async def test_a_rebuild_is_refused_while_the_service_works(stack: Stack) -> None:
    async with stack.db.pool.acquire() as conn:
        await hold_running_lock(conn)

        with pytest.raises(ServiceRuns):
            await Rebuild(service="notes", consumer=NOTES, cells=stack.cells, bootstrap=stack.kafka, db=stack.db).run()


async def test_a_consumer_that_is_stuck_ends_loudly(stack: Stack) -> None:
    stack.relay()
    await stack.write(new_id(), "in hand")
    consumption = await stack.consume(stuck_after=0.3)
    never = asyncio.Event()
    consumption.applier = DyingApplier(consumer=NOTES, db=stack.db, epoch=1, until=never)

    reading = stack.tasks.pop()
    await eventually(lambda: ended(reading))

    with pytest.raises(StuckConsumer, match="1 partitions in hand"):
        reading.result()


async def test_a_relay_that_is_stuck_ends_loudly_and_one_that_waits_for_its_turn_does_not(stack: Stack) -> None:
    relay = stack.relay()
    watching = asyncio.create_task(relay.watch(stuck_after=2.0))
    await eventually(lambda: progressed(relay))
    assert not watching.done()

    frozen = Relay(dsn=stack.notes.worker, bootstrap=stack.kafka, stopping=stack.stopping)

    with pytest.raises(StuckRelay, match="nothing done"):
        await frozen.watch(stuck_after=0.2)
    watching.cancel()


async def ended(task: asyncio.Task[None]) -> bool:
    return task.done()
