"""Every service with everybody in it, each founded once for all tests of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from analytics_world import analytics
from cast import LastingIssuer
from events_world import events
from membership_world import membership
from notifications_world import notifications
from places import World

from access.testing import Issuer, running_issuer

FOUNDED = {"membership": membership, "events": events, "notifications": notifications, "analytics": analytics}


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer() as running:
        yield LastingIssuer(key=running.key, url=running.url)


@pytest.fixture(scope="session", params=FOUNDED)
async def world(
    request: pytest.FixtureRequest,
    postgres: str,
    cells_file: Path,
    issuer: Issuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    """One service after the other; every test of it runs before the next is founded."""
    secrets = tmp_path_factory.mktemp(request.param)
    async with FOUNDED[request.param](postgres, cells_file, issuer, secrets) as found:
        yield found
