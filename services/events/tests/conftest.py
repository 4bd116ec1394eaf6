"""The events service with a few networks; whoever is in it, the test introduces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from events_house import EVERYTHING, PATHS, House

from access.testing import Directory, Issuer, client, running_issuer
from events_service.app import create_app
from events_service.consumers import CONSUMERS
from events_service.schema import SCHEMA
from events_service.settings import EventsSettings
from servicekit import cells as cell_files
from servicekit.database import Database
from servicekit.testing import databases
from servicekit.web import write_keys


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer() as running:
        yield running


@asynccontextmanager
async def open_house(postgres: str, cells_file: Path, issuer: Issuer, secrets: Path) -> AsyncIterator[House]:
    async with databases.fresh(postgres, "events", SCHEMA, CONSUMERS) as database:
        write_keys(secrets, "cursor")
        write_keys(secrets, "tickets")
        settings = EventsSettings(
            service_profile="local",
            database_url=database.api,
            cells_file=cells_file,
            trusted_issuers=[issuer.trusted()],
            secrets_dir=secrets,
        )
        worker, api = await Database.open(database.worker, size=4), await Database.open(database.api, size=4)
        directory = Directory(worker, cell_files.load(cells_file), issuer)
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
async def house(standing_house: House) -> House:
    """Empty, but for the networks. The database is the session's: a fresh one would take longer than most tests."""
    owner = await asyncpg.connect(standing_house.database.owner)
    await owner.execute(EVERYTHING)
    await owner.close()
    return await furnished(replace(standing_house, directory=anew(standing_house.directory)))


@pytest.fixture
async def house_of_its_own(postgres: str, cells_file: Path, issuer: Issuer, tmp_path: Path) -> AsyncIterator[House]:
    """With a fresh database, for a test that takes something out of it."""
    async with open_house(postgres, cells_file, issuer, tmp_path) as house:
        yield await furnished(house)


def anew(directory: Directory) -> Directory:
    return Directory(directory.db, directory.cells, directory.issuer)


async def furnished(house: House) -> House:
    for path in PATHS:
        await house.directory.network(path)
    await house.directory.heartbeat()
    return house
