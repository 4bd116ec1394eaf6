"""`rebuild` beside `work`, each a process that can be killed: run again, it comes to the same, told once."""

import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import orjson
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
NOTES = 6000


@pytest.fixture
async def cells(kafka: str, cells_file: Path) -> AsyncIterator[Cells]:
    small = replace(cells_for_tests(cells_file), partitions={"notes": 3})
    async with created(small, kafka) as made:
        yield made


@pytest.fixture
async def processes(
    notes: TestDatabase, kafka: str, cells: Cells, cells_file: Path, unused_tcp_port: int
) -> AsyncIterator[tuple[Work, Work]]:
    """`work`, and a second one for commands."""
    told = environment(notes, kafka, cells, cells_file, unused_tcp_port)
    work, command = Work(told, unused_tcp_port), Work(told, unused_tcp_port)
    yield work, command
    await command.kill()
    await work.kill()


async def write(db: Database, count: int) -> None:
    async with db.transaction() as conn:
        await publish(conn, *[NoteWritten(version=1, note_id=new_id(), text="x") for _ in range(count)], at=MIDLANDS)


async def told(db: Database, count: int) -> bool:
    async with db.transaction() as conn:
        return bool(await conn.fetchval("SELECT count(*) FROM told") >= count)


async def epoch_has_begun(db: Database, epoch: int) -> bool:
    async with db.transaction() as conn:
        return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM servicekit.inbox WHERE epoch = $1)", epoch))


async def check(db: Database, count: int) -> None:
    async with db.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM kept_notes WHERE texts = '{x}'") == count
        assert await conn.fetchval("SELECT count(*) FROM kept_notes") == count
        assert await conn.fetchval("SELECT count(DISTINCT note_id) FROM told") == count
        assert await conn.fetchval("SELECT count(*) FROM told") == count


async def test_whoever_is_killed_the_rebuild_can_be_run_again_and_nobody_is_told_twice(
    processes: tuple[Work, Work], worker: Database
) -> None:
    work, command = processes
    await write(worker, NOTES)
    await work.start()
    await eventually(lambda: told(worker, NOTES), within=60)

    await command.start("rebuild", "projection")
    await eventually(lambda: epoch_has_begun(worker, 2), within=20, every=0.001)
    await command.end(signal.SIGKILL)
    await command.start("rebuild", "projection")
    await eventually(lambda: epoch_has_begun(worker, 2), within=20, every=0.001)
    await work.end(signal.SIGKILL)
    await write(worker, 500)
    await work.start()
    await command.process.communicate()
    assert command.process.returncode == 0
    await eventually(lambda: told(worker, NOTES + 500), within=30)

    await check(worker, NOTES + 500)
    status, said = await command.said("rebuild", "projection", "--json")
    assert status == 0, said
    last = orjson.loads(said.splitlines()[-1])
    assert (last["doing"], last["projection"], last["epoch"]) == ("done", "projection", 3)
    assert last["records"] == NOTES + 500
    await check(worker, NOTES + 500)


async def test_it_works_with_the_service_stopped_too(processes: tuple[Work, Work], worker: Database) -> None:
    work, command = processes
    await write(worker, 300)
    await work.start()
    await eventually(lambda: told(worker, 300), within=30)
    assert await work.end(signal.SIGTERM) == 0

    status, said = await command.said("rebuild", "projection")

    assert status == 0, said
    assert said.startswith("projection: 300 records in "), said
    await write(worker, 100)
    await work.start()
    await eventually(lambda: told(worker, 400), within=30)
    await check(worker, 400)


@pytest.mark.parametrize(
    ("environment", "projection", "sentence"),
    [
        ({}, "nothing", "notes has no projection 'nothing'; there are: projection"),
        ({"KAFKA_BOOTSTRAP": "127.0.0.1:1"}, "projection", "Kafka does not answer"),
        ({"WORKER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}, "projection", "The database does not answer"),
    ],
)
async def test_what_cannot_be_is_said_in_one_sentence(
    processes: tuple[Work, Work], environment: dict[str, str], projection: str, sentence: str
) -> None:
    _, command = processes
    command.environment |= environment

    status, said = await command.said("rebuild", projection)

    assert status == 1
    assert said.startswith(sentence)
    assert len(said.splitlines()) == 1, said
