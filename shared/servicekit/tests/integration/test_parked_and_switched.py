"""What waits is neither lost nor told twice by a switch, and nothing slips in between while it is replayed."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from notes_service import MENDED, NOTES, NoteWritten, keep_any_note, tell_of_note
from notes_stack import Stack, has

from servicekit.consumers import Consumer, Delivery, projects, tells
from servicekit.consumers.apply import Applier
from servicekit.consumers.rebuild import Rebuild
from servicekit.consumers.replay import discard_first, replay
from servicekit.consumers.runtime import as_record
from servicekit.database import Conn
from servicekit.ids import new_id
from servicekit.testing import eventually


async def state(stack: Stack, note: UUID) -> tuple[list[str], int, list[tuple[bool, bool]]]:
    """The texts kept, how many were told of, and what is (projected, told) of those that are parked."""
    async with stack.db.transaction() as conn:
        told = await conn.fetchval("SELECT count(*) FROM told WHERE note_id = $1", note)
        parked = await conn.fetch(
            "SELECT projected, told FROM servicekit.parked WHERE subject = $1 ORDER BY record_offset", str(note)
        )
    return await stack.texts(note), told, [tuple(row) for row in parked]


async def lived(stack: Stack, consumer: Consumer) -> UUID:
    """A note of three texts, the second one a poison, delivered live to this consumer."""
    note, end = new_id(), new_id()
    stack.relay()
    await stack.consume(consumer=consumer)
    for text in ["first", "poison", "third"]:
        await stack.write(note, text)
    await stack.write(end, "end")
    await eventually(lambda: has(stack, end, 1))
    return note


async def rebuilt(stack: Stack, consumer: Consumer) -> None:
    await Rebuild(service="notes", consumers=[consumer], cells=stack.cells, bootstrap=stack.kafka, db=stack.db).run()


async def replayed(stack: Stack, note: UUID) -> int:
    applier = Applier(consumer=MENDED, db=stack.db, epoch=2)
    return await replay(applier, str(note), cells=stack.cells, bootstrap=stack.kafka)


ALL, FIRST = ["first", "poison", "third"], ["first"]


@pytest.mark.parametrize(
    ("live", "anew", "before", "after"),
    [
        # Parked by the live consumer alone: the facts are there after the switch, telling is left.
        (NOTES, MENDED, (FIRST, 1, [(False, False)] * 2), (ALL, 1, [(True, False)] * 2)),
        # Parked by both: all is left.
        (NOTES, NOTES, (FIRST, 1, [(False, False)] * 2), (FIRST, 1, [(False, False)] * 2)),
        # Parked by the rebuild alone: they were told of, the facts are left.
        (MENDED, NOTES, (ALL, 3, []), (FIRST, 3, [(False, True)] * 2)),
    ],
)
async def test_after_a_switch_only_what_is_left_is_done(
    stack: Stack, live: Consumer, anew: Consumer, before: Any, after: Any
) -> None:
    note = await lived(stack, live)
    assert await state(stack, note) == before

    await rebuilt(stack, anew)
    assert await state(stack, note) == after
    await replayed(stack, note)

    assert await state(stack, note) == (ALL, 3, [])


async def test_a_second_rebuild_settles_what_the_first_could_not_apply(stack: Stack) -> None:
    note = await lived(stack, MENDED)
    await rebuilt(stack, NOTES)

    await rebuilt(stack, MENDED)

    assert await state(stack, note) == (ALL, 3, [])


async def test_a_rebuild_leaves_out_what_was_discarded(stack: Stack) -> None:
    note = await lived(stack, NOTES)
    applier = Applier(consumer=NOTES, db=stack.db, epoch=1)
    await discard_first(applier, str(note), by="r.okafor", because="wrong")
    await replay(applier, str(note), cells=stack.cells, bootstrap=stack.kafka)
    before = await state(stack, note)
    assert before == (["first", "third"], 2, [])

    await rebuilt(stack, MENDED)

    assert await state(stack, note) == before


async def test_what_a_rebuild_cannot_apply_holds_nobody_up_before_the_switch(stack: Stack) -> None:
    note = await lived(stack, MENDED)
    applier = Applier(consumer=NOTES, db=stack.db, epoch=2, schemas="projection_b, public", rebuilding=True)
    records = [(await stack.on_the_topic())[1]]
    await applier.apply([as_record(record, stack.cells.prefix) for record in records])
    await stack.write(note, "fourth")

    await eventually(lambda: has(stack, note, 4))
    assert (await state(stack, note))[2] == []


@pytest.mark.parametrize(("locked", "parked"), [(True, 0), (False, 1)])
async def test_what_arrives_while_its_subject_is_replayed_is_not_left_behind(
    stack: Stack, locked: bool, parked: int
) -> None:
    """The wrong variant takes no lock: the newcomer sees a subject that still waits, and nobody ever fetches it."""
    note = await lived(stack, NOTES)
    entered, going_on = asyncio.Event(), asyncio.Event()

    async def keep_slowly(conn: Conn, written: Delivery[NoteWritten]) -> None:
        entered.set()
        await going_on.wait()
        await keep_any_note(conn, written)

    slow = replace(NOTES, subscriptions=[projects(NoteWritten, keep_slowly), tells(NoteWritten, tell_of_note)])
    if not locked:
        async with stack.db.transaction() as conn:
            await conn.execute("DELETE FROM servicekit.positions")
    applier = Applier(consumer=slow, db=stack.db, epoch=1)
    replaying = asyncio.create_task(replay(applier, str(note), cells=stack.cells, bootstrap=stack.kafka))
    await entered.wait()

    await stack.write(note, "newcomer")
    await eventually(lambda: a_batch_waits(stack) if locked else so_many_parked(stack, 3))
    going_on.set()
    await replaying
    await eventually(lambda: is_settled(stack, note))

    assert len((await state(stack, note))[2]) == parked


async def a_batch_waits(stack: Stack) -> bool:
    async with stack.db.pool.acquire() as conn:
        return bool(
            await conn.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )


async def so_many_parked(stack: Stack, count: int) -> bool:
    async with stack.db.transaction() as conn:
        return bool(await conn.fetchval("SELECT count(*) FROM servicekit.parked") == count)


async def is_settled(stack: Stack, note: UUID) -> bool:
    texts, _, parked = await state(stack, note)
    return len(texts) + len(parked) == 4
