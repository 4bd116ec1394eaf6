"""Fresh databases of the little service in `support/`."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from notes_service import NOTES, SCHEMA
from notes_stack import TOPIC, Stack

from servicekit.database import Database
from servicekit.testing import databases
from servicekit.testing.databases import TestDatabase
from servicekit.testing.topics import cells_for_tests, created


@pytest.fixture
async def notes(postgres: str) -> AsyncIterator[TestDatabase]:
    """A fresh database of the little service."""
    async with databases.fresh(postgres, "notes", SCHEMA, [NOTES]) as database:
        yield database


@pytest.fixture
async def worker(notes: TestDatabase) -> AsyncIterator[Database]:
    db = await Database.open(notes.worker, size=6)
    yield db
    await db.close()


@pytest.fixture
async def api(notes: TestDatabase) -> AsyncIterator[Database]:
    db = await Database.open(notes.api, size=6)
    yield db
    await db.close()


@pytest.fixture
async def stack(notes: TestDatabase, worker: Database, kafka: str, cells_file: Path) -> AsyncIterator[Stack]:
    cells = replace(cells_for_tests(cells_file, serve="midlands"), partitions={"notes": 1})
    async with created(cells, kafka, only=[TOPIC, "national.notes"]):
        stack = Stack(notes, worker, cells, kafka)
        yield stack
        await stack.stop()
