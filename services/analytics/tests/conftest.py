"""The analytics service with a few networks; whoever is in them, the test introduces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from analytics_house import EVERYTHING, PATHS, House, a_network, arrive

from access.testing import Directory, Issuer, client, running_issuer
from analytics_service.app import create_app
from analytics_service.consumers import CONSUMERS
from analytics_service.schema import SCHEMA
from analytics_service.settings import AnalyticsSettings
from servicekit import cells as cell_files
from servicekit.database import Database
from servicekit.testing import databases
from servicekit.web import write_keys


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer() as running:
        yield running


@asynccontextmanager
async def open_house(
    postgres: str, cells_file: Path, issuer: Issuer, secrets: Path, *, serve: str = "all"
) -> AsyncIterator[House]:
    async with databases.fresh(postgres, "analytics", SCHEMA, CONSUMERS) as database:
        write_keys(secrets, "cursor")
        settings = AnalyticsSettings(
            service_profile="local",
            database_url=database.api,
            worker_database_url=database.worker,
            cells_file=cells_file,
            cells=serve,
            trusted_issuers=[issuer.trusted()],
            secrets_dir=secrets,
        )
        worker, api = await Database.open(database.worker, size=4), await Database.open(database.api, size=4)
        directory = Directory(worker, cell_files.load(cells_file, serve=serve), issuer)
        async with client(create_app(settings)) as http:
            yield House(http, directory, worker, api, database, settings)
        await worker.close()
        await api.close()


@pytest.fixture(scope="session")
async def standing_house(
    postgres: str, cells_file: Path, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    async with open_house(postgres, cells_file, issuer, tmp_path_factory.mktemp("secrets")) as house:
        yield house


@pytest.fixture
async def empty_house(standing_house: House) -> House:
    """The database is the session's: a fresh one would take longer than most tests."""
    owner = await asyncpg.connect(standing_house.database.owner)
    await owner.execute(EVERYTHING)
    await owner.close()
    directory = standing_house.directory
    return replace(standing_house, directory=Directory(directory.db, directory.cells, directory.issuer))


@pytest.fixture
async def house(empty_house: House) -> House:
    await arrive(empty_house.worker, map(a_network, PATHS))
    await empty_house.directory.heartbeat()
    return empty_house


@pytest.fixture
async def midlands_alone(postgres: str, cells_file: Path, issuer: Issuer, tmp_path: Path) -> AsyncIterator[House]:
    """A deployment that serves one region, with a database of its own."""
    async with open_house(postgres, cells_file, issuer, tmp_path, serve="midlands") as house:
        await house.directory.heartbeat()
        yield house
