"""From a committed row through a real broker into another transaction: sent at least once, applied once, in order."""

import asyncio
from uuid import UUID

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from notes_service import NOTES, NoteWritten
from notes_stack import MIDLANDS, DyingApplier, Stack, ends_with, has, progressed, sent

from servicekit.consumers.beginning import Lower, lower
from servicekit.consumers.runtime import Consumption, kafka_settings
from servicekit.ids import new_id
from servicekit.outbox import ledger, publish
from servicekit.outbox.relay import Relay
from servicekit.testing import eventually


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


def by_kafka_alone(committed: int | None, _applied: int | None) -> int | None:
    return committed


@pytest.mark.parametrize(
    ("auto_commit", "begin", "kept"),
    [(False, by_kafka_alone, True), (True, by_kafka_alone, False), (True, lower, True)],
)
async def test_a_crash_in_the_handler_loses_nothing_only_with_manual_commit(
    stack: Stack, auto_commit: bool, begin: Lower, kept: bool
) -> None:
    """The wrong variant commits offsets behind the handler's back, and skips what was in hand.

    Two things keep that from being lost: it is not done, and who begins anew believes the database before Kafka.
    """
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
    await stack.consume(lower=begin)
    await stack.write(note, "later")
    await eventually(lambda: ends_with(stack, note, "later"))

    assert (await stack.texts(note) == ["in hand", "later"]) is kept


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
