"""Everything that is read is projected; the deployment that serves the cause's cell tells, and no other."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from notes_service import NOTES, NoteWritten, keep_note, tell_of_note

from servicekit import cells as cell_files
from servicekit.consumers import Consumer, Delivery, Serves, projects, tells, tells_everywhere, tells_many
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import Record
from servicekit.consumers.subscription import serves_all
from servicekit.database import Conn, Database
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.testing.deliveries import as_record


async def tell_of_notes(conn: Conn, written: Sequence[Delivery[NoteWritten]]) -> None:
    for one in written:
        await tell_of_note(conn, one)


BY_ONE = replace(NOTES, subscriptions=[projects(NoteWritten, keep_note), tells(NoteWritten, tell_of_note)])
BY_MANY = replace(NOTES, subscriptions=[projects(NoteWritten, keep_note), tells_many(NoteWritten, tell_of_notes)])


def a_note(note: UUID, cell: str) -> Record:
    network = "national" if cell == "national" else f"national.{cell}"
    return as_record(NoteWritten(version=1, note_id=note, text="x"), at=Origin(cell, network))


async def kept_and_told(db: Database, note: UUID) -> tuple[bool, int]:
    async with db.transaction() as conn:
        return (
            await conn.fetchval("SELECT EXISTS (SELECT FROM kept_notes WHERE note_id = $1)", note),
            await conn.fetchval("SELECT count(*) FROM told WHERE note_id = $1", note),
        )


@pytest.mark.parametrize("consumer", [BY_ONE, BY_MANY])
async def test_a_region_projects_the_national_cell_and_tells_only_of_its_own(
    worker: Database, cells_file: Path, consumer: Consumer
) -> None:
    midlands = cell_files.load(cells_file, serve="midlands")
    applier = Applier(consumer=consumer, db=worker, epoch=1, serves=midlands.serves)
    own, national = a_note(new_id(), "midlands"), a_note(new_id(), "national")

    await applier.apply([own])
    await applier.apply([national])

    assert await kept_and_told(worker, UUID(own.key or "")) == (True, 1)
    assert await kept_and_told(worker, UUID(national.key or "")) == (True, 0)
    async with worker.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.inbox") == 2


@pytest.mark.parametrize(("guarded", "told"), [(True, 1), (False, 2)])
async def test_two_deployments_that_read_one_cell_tell_once_of_it(
    worker: Database, cells_file: Path, guarded: bool, told: int
) -> None:
    """The wrong variant tells of every cell that it reads: the nation and the region both tell of the nation's."""
    note = a_note(new_id(), "national")
    for served in ("national", "midlands"):
        cells = cell_files.load(cells_file, serve=served)
        applier = Applier(  # a deployment of its own, so nothing that the other has applied is known here
            consumer=replace(BY_ONE, name=served, subscriptions=[tells(NoteWritten, tell_of_note)]),
            db=worker,
            epoch=1,
            serves=cells.serves if guarded else serves_all,
        )
        await applier.apply([note])

    assert (await kept_and_told(worker, UUID(note.key or "")))[1] == told


async def test_who_tells_everywhere_hears_every_cell_and_learns_which_are_served(
    worker: Database, cells_file: Path
) -> None:
    heard: list[tuple[str, bool]] = []

    async def hear(_conn: Conn, written: Sequence[Delivery[NoteWritten]], serves: Serves) -> None:
        heard.extend((one.cell, serves(one.cell)) for one in written)

    midlands = cell_files.load(cells_file, serve="midlands")
    consumer = replace(NOTES, subscriptions=[tells_everywhere(NoteWritten, hear)])
    applier = Applier(consumer=consumer, db=worker, epoch=1, serves=midlands.serves)

    await applier.apply([a_note(new_id(), "midlands")])
    await applier.apply([a_note(new_id(), "national")])

    assert heard == [("midlands", True), ("national", False)]


async def test_a_rebuild_tells_of_nothing_whatever_is_served(worker: Database) -> None:
    note = a_note(new_id(), "midlands")
    applier = Applier(consumer=BY_ONE, db=worker, epoch=2, schemas="projection_b, public", rebuilding=True)

    await applier.apply([note])

    assert await kept_and_told(worker, UUID(note.key or "")) == (False, 0)
    async with worker.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM projection_b.kept_notes") == 1
