"""A working process starts only on its schema, ends when told to, and loses nothing when it is killed."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from notes_process import Work, environment
from notes_service import NoteWritten

from servicekit.cells import Cells
from servicekit.database import Database
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.outbox import publish
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase
from servicekit.testing.topics import cells_for_tests, created

MIDLANDS = Origin("midlands", "national.midlands")


@pytest.fixture
async def cells(kafka: str, cells_file: Path) -> AsyncIterator[Cells]:
    small = replace(cells_for_tests(cells_file), partitions={"notes": 1})
    async with created(small, kafka) as made:
        yield made


@pytest.fixture
async def work(
    notes: TestDatabase, kafka: str, cells: Cells, cells_file: Path, unused_tcp_port: int
) -> AsyncIterator[Work]:
    work = Work(environment(notes, kafka, cells, cells_file, unused_tcp_port), unused_tcp_port)
    yield work
    await work.kill()


async def write(db: Database, count: int) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    async with db.transaction() as conn:
        await publish(conn, *[NoteWritten(version=1, note_id=note, text="x") for note in ids], at=MIDLANDS)
    return ids


async def kept(db: Database) -> list[list[str]]:
    async with db.transaction() as conn:
        return [row["texts"] for row in await conn.fetch("SELECT texts FROM kept_notes")]


async def test_told_to_stop_it_finishes_and_ends_well(work: Work, worker: Database) -> None:
    await work.start()
    await eventually(work.ready)
    await write(worker, 200)
    await eventually(lambda: some_are_kept(worker, 200))

    assert await work.end(signal.SIGTERM) == 0


async def some_are_kept(db: Database, count: int) -> bool:
    return len(await kept(db)) >= count


async def test_killed_in_the_middle_it_loses_and_doubles_nothing(work: Work, worker: Database) -> None:
    await write(worker, 3000)
    await work.start()
    await eventually(lambda: some_are_kept(worker, 1), every=0.001)

    assert await work.end(signal.SIGKILL) == -signal.SIGKILL
    await work.start()

    await eventually(lambda: some_are_kept(worker, 3000), within=30)
    assert await kept(worker) == [["x"]] * 3000


async def test_on_a_stale_schema_it_says_what_to_do_and_does_not_start(work: Work, notes: TestDatabase) -> None:
    owner = await asyncpg.connect(notes.owner)
    await owner.execute("DELETE FROM schema_migrations")
    await owner.close()

    await work.start()
    said, _ = await work.process.communicate()

    assert work.process.returncode == 1
    assert b"run `migrate`, then start again" in said


async def test_a_failing_task_ends_the_process_loudly(work: Work, worker: Database, notes: TestDatabase) -> None:
    await work.start()
    await eventually(work.ready)
    async with worker.transaction() as conn:
        await publish(conn, *[NoteWritten(version=1, note_id=new_id(), text="poison") for _ in range(25)], at=MIDLANDS)

    async with asyncio.timeout(15):
        said, _ = await work.process.communicate()

    assert work.process.returncode == 1
    assert b"TooManyParked" in said
