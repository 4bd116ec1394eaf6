"""The notifications service on a database of its own, with a few networks and a mail server of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from notifications_federation import Federation
from notifications_house import House, network_id, published
from notifications_mail_server import running_mail_server
from notifications_streams import Served, served

from access.testing import Directory, Issuer, client, running_issuer
from events_contracts import EventPublished, Rule
from notifications_service.app import create_app
from notifications_service.consumers import CONSUMERS
from notifications_service.schema import SCHEMA
from notifications_service.settings import NotificationsSettings
from servicekit import cells as cell_files
from servicekit.database import Database
from servicekit.testing import databases
from servicekit.web import write_keys

PATHS = ("national", "national.midlands", "national.midlands.rwp", "national.midlands.rjc", "national.london")


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer() as running:
        yield running


@pytest.fixture
async def federation(house: House, postgres: str, cells_file: Path, issuer: Issuer) -> AsyncIterator[Federation]:
    """A deployment of the Midlands' own, beside one that serves all other cells."""
    cells = cell_files.load(cells_file)
    house.serves = lambda cell: cell != "midlands"
    async with open_house(postgres, cells_file, issuer, house.settings.secrets_dir, cells="midlands") as region:
        yield Federation(region=region, nation=house, reads=cell_files.load(cells_file, serve="midlands"), cells=cells)


@pytest.fixture
async def house(postgres: str, cells_file: Path, issuer: Issuer, tmp_path: Path) -> AsyncIterator[House]:
    for purpose in ("cursor", "unsubscribe", "address", "webhooks", "manifests"):
        write_keys(tmp_path, purpose)
    async with open_house(postgres, cells_file, issuer, tmp_path) as opened:
        yield opened


@pytest.fixture
async def live(house: House, unused_tcp_port: int) -> AsyncIterator[Served]:
    """The service on a port of its own, for streams that go on."""
    async with served(house, unused_tcp_port) as running:
        yield running


@pytest.fixture
async def event(house: House) -> EventPublished:
    """One that nobody is invited to."""
    event = published(rule=Rule(networks=[network_id("national.midlands.rjc")]))
    await house.hear(event)
    return event


@asynccontextmanager
async def open_house(
    postgres: str, cells_file: Path, issuer: Issuer, secrets: Path, *, cells: str = "all"
) -> AsyncIterator[House]:
    """One deployment, which serves these cells."""
    async with (
        databases.fresh(postgres, "notifications", SCHEMA, CONSUMERS) as database,
        running_mail_server() as mail,
    ):
        settings = NotificationsSettings(
            service_profile="local",
            database_url=database.api,
            worker_database_url=database.worker,
            cells_file=cells_file,
            cells=cells,
            trusted_issuers=[issuer.trusted()],
            secrets_dir=secrets,
            public_url="https://guildhall.example",
            smtp_port=mail.port,
            mail_from="guildhall@guildhall.example",
        )
        worker, api = await Database.open(database.worker, size=6), await Database.open(database.api, size=4)
        directory = Directory(worker, cell_files.load(cells_file), issuer)
        for path in PATHS:
            await directory.network(path)
        await directory.heartbeat()
        app = create_app(settings)
        async with client(app) as http:
            served = cell_files.load(cells_file, serve=cells)
            yield House(app, http, directory, worker, api, database, settings, mail, serves=served.serves)
        await worker.close()
        await api.close()
