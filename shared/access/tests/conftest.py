"""A service that knows four networks, and whoever a test introduces."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hello_service import SCHEMA, hello_app

from access import ACCESS
from access.testing import Directory, Issuer, client, running_issuer
from servicekit import cells as cell_files
from servicekit.database import Database
from servicekit.database.migrations import Schema
from servicekit.settings import ServiceSettings
from servicekit.testing import databases
from servicekit.web import write_keys


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer() as running:
        yield running


@dataclass
class Hello:
    http: httpx.AsyncClient
    directory: Directory
    worker: Database
    settings: ServiceSettings
    schema: Schema = SCHEMA


@pytest.fixture
async def hello(postgres: str, cells_file: Path, issuer: Issuer, tmp_path: Path) -> AsyncIterator[Hello]:
    write_keys(tmp_path, "cursor")
    async with databases.fresh(postgres, "hello", SCHEMA, ACCESS) as database:
        settings = ServiceSettings(
            service_profile="local",
            database_url=database.api,
            cells_file=cells_file,
            secrets_dir=tmp_path,
            trusted_issuers=[issuer.trusted()],
        )
        worker = await Database.open(database.worker, size=4)
        directory = Directory(worker, cell_files.load(cells_file), issuer)
        for path in ("national", "national.midlands", "national.midlands.rwp", "national.london"):
            await directory.network(path)
        await directory.heartbeat()
        async with client(hello_app(settings)) as http:
            yield Hello(http, directory, worker, settings)
        await worker.close()
