"""Fresh databases of the little service in `support/`."""

from collections.abc import AsyncIterator

import pytest
from notes_service import NOTES, SCHEMA

from servicekit.database import Database
from servicekit.testing import databases
from servicekit.testing.databases import TestDatabase


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
