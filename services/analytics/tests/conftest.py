"""Fresh databases of analytics."""

from collections.abc import AsyncIterator

import pytest

from analytics_service.consumers import CONSUMERS
from analytics_service.schema import SCHEMA
from servicekit.database import Database
from servicekit.testing import databases
from servicekit.testing.databases import TestDatabase


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[TestDatabase]:
    async with databases.fresh(postgres, "analytics", SCHEMA, CONSUMERS) as fresh:
        yield fresh


@pytest.fixture
async def worker(database: TestDatabase) -> AsyncIterator[Database]:
    db = await Database.open(database.worker, size=4)
    yield db
    await db.close()
