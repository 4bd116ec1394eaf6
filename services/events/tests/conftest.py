"""The events service on a database of its own, with a few networks; whoever is in it, the test introduces."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from events_house import PATHS, House

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


@pytest.fixture
async def house(postgres: str, cells_file: Path, issuer: Issuer, tmp_path: Path) -> AsyncIterator[House]:
    async with databases.fresh(postgres, "events", SCHEMA, CONSUMERS) as database:
        write_keys(tmp_path, "cursor")
        settings = EventsSettings(
            service_profile="local",
            database_url=database.api,
            cells_file=cells_file,
            trusted_issuers=[issuer.trusted()],
            secrets_dir=tmp_path,
        )
        worker, api = await Database.open(database.worker, size=4), await Database.open(database.api, size=4)
        directory = Directory(worker, cell_files.load(cells_file), issuer)
        for path in PATHS:
            await directory.network(path)
        await directory.heartbeat()
        async with client(create_app(settings)) as http:
            yield House(http, directory, worker, api, database, settings)
        await worker.close()
        await api.close()
