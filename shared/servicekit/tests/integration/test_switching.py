"""A rebuild beside the running service: the same to the row, nothing lost or told twice, whoever dies when."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer
from notes_life import Life, a_rebuild, sides_are_equal
from notes_service import NOTES, NoteWritten, keep_note, tell_of_note
from notes_stack import TOPIC, Lost, Stack

from servicekit.consumers import Delivery, projects, tells
from servicekit.consumers.rebuild import Rebuild
from servicekit.consumers.registry import Active
from servicekit.consumers.rereading import Marks
from servicekit.consumers.runtime import Consumption
from servicekit.database import Conn
from servicekit.ids import new_id
from servicekit.testing import eventually


async def test_under_load_a_rebuild_gives_the_same_and_nothing_is_lost_or_told_twice(stack: Stack) -> None:
    life = Life(stack)
    async with life.going_on():
        await eventually(life.many_are_kept)
        for _ in range(3):
            await a_rebuild(stack).run()
    written = life.written

    rebuilt = await a_rebuild(stack).run()

    assert (rebuilt.epoch, rebuilt.records) == (5, written)
    await life.check()
    assert await sides_are_equal(stack)
    async with stack.db.transaction() as conn:
        assert await conn.fetchval("SELECT array_agg(DISTINCT epoch) FROM servicekit.inbox") == [5]


async def test_the_running_consumer_goes_on_in_the_new_epoch_without_a_restart(stack: Stack) -> None:
    life = Life(stack)
    async with life.going_on() as consumption:
        await eventually(life.many_are_kept)
        await a_rebuild(stack).run()
        at_the_switch = life.written
        await eventually(lambda: more_is_written(life, than=at_the_switch))

    assert not any(task.done() for task in stack.tasks)
    assert consumption.applier.epoch == 2
    assert consumption.group.endswith(".1"), "offsets go on where they were"
    await life.check()


async def more_is_written(life: Life, *, than: int) -> bool:
    return life.written > than


class Hasty(Rebuild):
    """The wrong variant: switches without reaching the offsets."""

    async def _come_near(self, old: Active, readings: Any) -> None: ...

    async def _reach(self, old: Active, readings: Any) -> None: ...


class Overreaching(Rebuild):
    """The wrong variant: reads what the live consumer has not told of yet."""

    async def _marks(self, old: Active, reading: Any) -> Marks:
        kafka = AIOKafkaConsumer(self.cells.prefix + TOPIC, bootstrap_servers=self.bootstrap)
        await kafka.start()
        try:
            ends: Marks = await kafka.end_offsets(kafka.assignment())
        finally:
            await kafka.stop()
        return ends


@pytest.mark.parametrize(("kind", "kept", "told"), [(Rebuild, 30, 30), (Hasty, 10, 30), (Overreaching, 30, 20)])
async def test_a_switch_must_come_exactly_where_the_old_epoch_stopped(
    stack: Stack, kind: type[Rebuild], kept: int, told: int
) -> None:
    life = Life(stack)
    stack.relay()
    await stack.consume()
    await life.write(20)
    await eventually(life.all_is_told)
    await stack.stop()
    await life.write(10)
    stack.relay()
    await eventually(lambda: all_is_sent(stack))

    await a_rebuild(stack, kind).run()
    await stack.consume(lower=lambda committed, _applied: committed)  # nor is it mended by where the new epoch begins
    await eventually(lambda: everything_is_applied(stack, life.notes[9]))

    async with stack.db.transaction() as conn:
        assert await conn.fetchval("SELECT sum(cardinality(texts)) FROM kept_notes") == kept
        assert await conn.fetchval("SELECT count(*) FROM told") == told


async def all_is_sent(stack: Stack) -> bool:
    async with stack.db.transaction() as conn:
        return bool(await conn.fetchval("SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NULL") == 0)


async def everything_is_applied(stack: Stack, last: UUID) -> bool:
    return (await stack.texts(last))[-1:] == ["29"]


@pytest.mark.parametrize("walled", [True, False])
async def test_a_batch_that_is_under_way_is_waited_for(stack: Stack, walled: bool) -> None:
    """The wrong variant has no wall: what commits after the switch, in the old epoch, is lost."""
    if not walled:
        await take_the_wall_away(stack)
    note, entered, going_on = new_id(), asyncio.Event(), asyncio.Event()

    async def keep_slowly(conn: Conn, written: Delivery[NoteWritten]) -> None:
        entered.set()
        await going_on.wait()
        await keep_note(conn, written)

    await stack.write(note, "under way")
    stack.relay()
    slow = replace(NOTES, subscriptions=[projects(NoteWritten, keep_slowly), tells(NoteWritten, tell_of_note)])
    await stack.consume(consumer=slow)
    await entered.wait()

    rebuilding = asyncio.create_task(a_rebuild(stack).run())
    await eventually(lambda: waits_at_the_wall(stack) if walled else done(rebuilding))
    assert rebuilding.done() is not walled
    going_on.set()
    await rebuilding
    await eventually(lambda: is_told(stack, note))

    assert await stack.texts(note) == (["under way"] if walled else [])


async def take_the_wall_away(stack: Stack) -> None:
    owner = await asyncpg.connect(stack.notes.owner)
    await owner.execute(
        "CREATE OR REPLACE FUNCTION servicekit.share_epoch(projection text) RETURNS void LANGUAGE sql AS 'SELECT'"
    )
    await owner.close()


async def waits_at_the_wall(stack: Stack) -> bool:
    async with stack.db.pool.acquire() as conn:
        return bool(
            await conn.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND mode = 'ExclusiveLock'"
            )
        )


async def done(task: "asyncio.Task[Any]") -> bool:
    return task.done()


async def is_told(stack: Stack, note: UUID) -> bool:
    async with stack.db.transaction() as conn:
        return bool(await conn.fetchval("SELECT count(*) FROM told WHERE note_id = $1", note))


class DiesNear(Rebuild):
    async def _switch(self, guard: Any, old: Active, readings: Any) -> float:
        raise Lost


class DiesInsideTheSwitch(Rebuild):
    async def _reach(self, old: Active, readings: Any) -> None:
        await Rebuild._reach(self, old, readings)
        raise Lost


class DiesAfterTheSwitch(Rebuild):
    async def _switch(self, guard: Any, old: Active, readings: Any) -> float:
        await Rebuild._switch(self, guard, old, readings)
        raise Lost


@pytest.mark.parametrize(("kind", "epoch"), [(DiesNear, 2), (DiesInsideTheSwitch, 2), (DiesAfterTheSwitch, 3)])
async def test_a_rebuild_that_dies_can_be_run_again(stack: Stack, kind: type[Rebuild], epoch: int) -> None:
    life = Life(stack)
    async with life.going_on():
        await eventually(life.many_are_kept)
        with pytest.raises(Lost):
            await a_rebuild(stack, kind).run()
        rebuilt = await a_rebuild(stack).run()

    assert rebuilt.epoch == epoch
    await life.check()
    await a_rebuild(stack).run()
    assert await sides_are_equal(stack)


class NeverCommitting(Consumption):
    """Dies after the database's commit, each time."""

    async def _commit(self, *_: Any) -> None: ...


async def test_after_a_crash_between_database_and_broker_nothing_is_told_twice(stack: Stack) -> None:
    """Kafka's offsets are behind what was applied: the mark is what the database knows."""
    life = Life(stack)
    stack.relay()
    await stack.consume(NeverCommitting)
    await life.write(20)
    await eventually(life.all_is_told)
    await stack.stop()

    rebuilt = await a_rebuild(stack).run()
    stack.relay()
    await stack.consume()
    await life.write(10)
    await eventually(life.all_is_told)

    assert rebuilt.records == 20
    await life.check()
