"""Each signal changes each consumer exactly once, in order; poison delays only its own subject."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from notes_service import MENDED, NOTES, NoteWritten, Poison

from servicekit import cells as cell_files
from servicekit.consumers.apply import Applier, TooManyParked
from servicekit.consumers.delivery import Record
from servicekit.consumers.replay import StillUnreadable, replay
from servicekit.database import Conn, Database
from servicekit.database.pool import WORKER, enter
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase
from servicekit.testing.deliveries import as_record

MIDLANDS = Origin("midlands", "national.midlands")


def a_note(note_id: UUID, text: str, *, version: int = 1) -> Record:
    return as_record(NoteWritten(version=version, note_id=note_id, text=text), at=MIDLANDS)


async def texts(db: Database, note_id: UUID) -> list[str]:
    async with db.transaction() as conn:
        return await conn.fetchval("SELECT texts FROM kept_notes WHERE note_id = $1", note_id) or []


async def told(db: Database, note_id: UUID) -> int:
    async with db.transaction() as conn:
        return await conn.fetchval("SELECT count(*) FROM told WHERE note_id = $1", note_id)


async def test_a_redelivery_changes_nothing(worker: Database) -> None:
    note, applier = new_id(), Applier(consumer=NOTES, db=worker, epoch=1)
    record = a_note(note, "once")

    await applier.apply([record])
    await applier.apply([record])
    await applier.apply([record, record])

    assert await texts(worker, note) == ["once"]
    assert await told(worker, note) == 1


async def claim_everything(conn: Conn, consumer: str, epoch: int, topic: str, ids: Sequence[UUID]) -> set[UUID]:
    """The wrong variant: an inbox that remembers nothing."""
    return set(ids)


async def test_without_the_inbox_a_redelivery_is_applied_twice(worker: Database) -> None:
    note, applier = new_id(), Applier(consumer=NOTES, db=worker, epoch=1, claim=claim_everything)
    record = a_note(note, "once")

    await applier.apply([record])
    await applier.apply([record])

    assert await texts(worker, note) == ["once", "once"]


async def test_a_poison_delivery_delays_only_its_own_subject(worker: Database) -> None:
    poisoned, healthy, applier = new_id(), new_id(), Applier(consumer=NOTES, db=worker, epoch=1)

    await applier.apply(
        [
            a_note(poisoned, "first"),
            a_note(poisoned, "poison"),
            a_note(healthy, "well"),
            a_note(poisoned, "later"),
        ]
    )
    await applier.apply([a_note(poisoned, "much later"), a_note(healthy, "still well")])

    assert await texts(worker, healthy) == ["well", "still well"]
    assert await texts(worker, poisoned) == ["first"]
    async with worker.transaction() as conn:
        parked = await conn.fetch("SELECT subject, cause FROM servicekit.parked ORDER BY id")
    assert [row["subject"] for row in parked] == [str(poisoned)] * 3
    assert parked[0]["cause"] == "Poison: a text that nobody can take"
    assert {row["cause"] for row in parked[1:]} == {"waits for an earlier delivery of its subject"}


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (b"{broken", "not a signal"),
        (b'{"specversion": "1.0"}', "missing"),
        (b"[1, 2]", "model"),
    ],
)
async def test_bytes_that_are_no_signal_are_parked_raw_and_hold_nothing_up(
    worker: Database, value: bytes, cause: str
) -> None:
    note, applier = new_id(), Applier(consumer=NOTES, db=worker, epoch=1)
    healthy = a_note(note, "well")
    broken = Record(
        topic="midlands.notes",
        partition=0,
        offset=healthy.offset + 10_000,
        key="k",
        value=value,
        headers={},
        timestamp=0,
    )

    await applier.apply([broken, healthy])

    assert await texts(worker, note) == ["well"]
    async with worker.transaction() as conn:
        row = await conn.fetchrow("SELECT value, cause FROM servicekit.parked")
    assert row["value"] == value
    assert cause in row["cause"]


async def test_an_unknown_type_is_seen_and_ignored(worker: Database) -> None:
    class NoteBurnt(NoteWritten):
        type = "guildhall.notes.note-burnt.v1"

    applier = Applier(consumer=NOTES, db=worker, epoch=1)

    await applier.apply([as_record(NoteBurnt(version=1, note_id=new_id(), text="?"), at=MIDLANDS)])

    async with worker.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.inbox") == 1
        assert await conn.fetchval("SELECT count(*) FROM servicekit.parked") == 0


async def test_more_than_twenty_parked_subjects_in_a_minute_stop_the_consumer(worker: Database) -> None:
    applier = Applier(consumer=NOTES, db=worker, epoch=1)

    with pytest.raises(TooManyParked):
        await applier.apply([a_note(new_id(), "poison") for _ in range(25)])


async def test_parked_deliveries_are_replayed_in_order_and_the_subject_goes_on(
    worker: Database, kafka: str, cells_file: Path
) -> None:
    note, applier = new_id(), Applier(consumer=NOTES, db=worker, epoch=1)
    await applier.apply([a_note(note, "first"), a_note(note, "poison"), a_note(note, "later")])
    cells = cell_files.load(cells_file)
    with pytest.raises(Poison):
        await replay(applier, str(note), cells=cells, bootstrap=kafka)
    assert await texts(worker, note) == ["first"]

    repaired = Applier(consumer=MENDED, db=worker, epoch=1)
    count = await replay(repaired, str(note), cells=cells, bootstrap=kafka)

    assert count == 2
    assert await texts(worker, note) == ["first", "poison", "later"]
    await applier.apply([a_note(note, "after")])
    assert await texts(worker, note) == ["first", "poison", "later", "after"]


async def test_what_is_still_no_signal_stays_parked_when_replayed(
    worker: Database, kafka: str, cells_file: Path
) -> None:
    applier = Applier(consumer=NOTES, db=worker, epoch=1)
    await applier.apply(
        [Record(topic="midlands.notes", partition=0, offset=1, key=None, value=b"{", headers={}, timestamp=0)]
    )
    async with worker.transaction() as conn:
        subject = await conn.fetchval("SELECT subject FROM servicekit.parked")

    with pytest.raises(StillUnreadable):
        await replay(applier, subject, cells=cell_files.load(cells_file), bootstrap=kafka)

    async with worker.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.parked") == 1


async def test_a_consumer_that_never_parks_waits_and_says_that_it_is_not_ready(worker: Database) -> None:
    applier = Applier(consumer=replace(NOTES, parks=False), db=worker, epoch=1)
    stuck = asyncio.create_task(applier.apply([a_note(new_id(), "poison")]))

    await eventually(lambda: failing(applier))

    assert not stuck.done()
    stuck.cancel()
    async with worker.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.parked") == 0


async def failing(applier: Applier) -> bool:
    return applier.failing == "Poison"


async def test_a_lock_that_is_held_blocks_in_place_and_parks_nothing(worker: Database, notes: TestDatabase) -> None:
    note = new_id()
    async with worker.transaction() as conn:
        await conn.execute("INSERT INTO kept_notes VALUES ($1, ARRAY['there'])", note)
    impatient = await Database.open(notes.worker, size=2)
    await impatient.pool.execute("ALTER ROLE CURRENT_USER SET lock_timeout = '100ms'")
    await impatient.pool.expire_connections()
    applier = Applier(consumer=NOTES, db=impatient, epoch=1)
    async with worker.pool.acquire() as holder, holder.transaction():
        await enter(holder, WORKER)
        await holder.execute("SELECT FROM kept_notes WHERE note_id = $1 FOR UPDATE", note)
        waiting = asyncio.create_task(applier.apply([a_note(note, "after the wait")]))
        await eventually(lambda: blocked_by_a_lock(applier))

    await waiting

    assert await texts(worker, note) == ["there", "after the wait"]
    async with worker.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.parked") == 0
    await impatient.pool.execute("ALTER ROLE CURRENT_USER RESET lock_timeout")
    await impatient.close()


async def blocked_by_a_lock(applier: Applier) -> bool:
    return applier.failing == "LockNotAvailableError"
