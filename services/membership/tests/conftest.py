"""Membership on a database of its own with the real tree of networks; whoever is in it, the test introduces."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from membership_house import House, found

from access.testing import Issuer, client, running_issuer
from membership_service.app import SCHEMA, create_app
from membership_service.consumers import CONSUMERS
from membership_service.settings import MembershipSettings
from servicekit import cells as cell_files
from servicekit.database import Database
from servicekit.testing import databases
from servicekit.web import write_keys


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer() as running:
        yield running


@pytest.fixture
def reference_dir(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "reference"


@pytest.fixture
async def empty_house(
    postgres: str, cells_file: Path, issuer: Issuer, reference_dir: Path, tmp_path: Path
) -> AsyncIterator[House]:
    """Before anything is founded."""
    async with databases.fresh(postgres, "membership", SCHEMA, CONSUMERS) as database:
        write_keys(tmp_path, "cursor")
        settings = MembershipSettings(
            service_profile="local",
            database_url=database.api,
            worker_database_url=database.worker,
            cells_file=cells_file,
            trusted_issuers=[issuer.trusted()],
            secrets_dir=tmp_path,
            reference_dir=reference_dir,
        )
        worker, api = await Database.open(database.worker, size=4), await Database.open(database.api, size=4)
        async with client(create_app(settings)) as http:
            yield House(http, worker, api, database, settings, issuer, cell_files.load(cells_file))
        await worker.close()
        await api.close()


@pytest.fixture
async def house(empty_house: House) -> House:
    """With every network founded, and known to the service's own projection."""
    async with empty_house.worker.transaction() as conn:
        await found(conn, empty_house.settings.reference_dir)
    await empty_house.settle()
    return empty_house
