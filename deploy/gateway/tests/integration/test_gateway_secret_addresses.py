"""Addresses whose secret is the right to them: no token is asked for, and no log keeps the secret."""

from collections.abc import Callable
from pathlib import Path

import pytest

from guildhall_local.gateway.testing import Front, front
from servicekit.testing import eventually

CALENDAR = "/api/v1/cells/midlands/calendars/secret-of-priya.ics"


@pytest.mark.parametrize(
    ("path", "service"),
    [
        (CALENDAR, "events"),
        ("/api/v1/cells/midlands/unsubscribe/a-secret", "notifications"),
        ("/api/v1/cells/midlands/preferences/confirm/a-secret", "notifications"),
        ("/api/v1/cells/midlands/reports/shown/a-secret", "analytics"),
    ],
)
async def test_it_opens_without_a_token(gateway: Front, path: str, service: str) -> None:
    answer = await gateway.get(path)

    assert (answer.status_code, answer.json()["service"]) == (200, service)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/cells/midlands/calendars",
        "/api/v1/cells/midlands/calendars/a/b.ics",
        "/api/v1/cells/midlands/calendars/a-secret",
        "/api/v1/cells/midlands/reports/shown/a/b",
        "/api/v1/cells/midlands/reports",
    ],
)
async def test_nothing_beside_it_does(gateway: Front, path: str) -> None:
    answer = await gateway.get(path)

    assert answer.status_code == 401


async def test_a_bad_token_is_refused_there_too(gateway: Front) -> None:
    answer = await gateway.get(CALENDAR, token="no token at all")

    assert answer.status_code == 401


async def logged(gateway: Front) -> str:
    """The log, once it tells of a request for the calendar."""
    answer = await gateway.get(CALENDAR)
    log = gateway.gateway.folder / "gateway.log"

    async def told() -> bool:
        return answer.headers["x-request-id"] in log.read_text()

    await eventually(told)
    return log.read_text()


async def test_the_log_names_the_route_and_not_the_secret(gateway: Front) -> None:
    log = await logged(gateway)

    assert "/api/v1/cells/-/calendars/*.ics" in log
    assert "secret-of-priya" not in log


async def test_without_the_routes_name_the_log_would_keep_it(
    tmp_path: Path, changed: Callable[[str, str, str], Path]
) -> None:
    source = changed("routes.yaml.j2", "{%- if route.shown_as %}", "{%- if false %}")

    async with front(tmp_path / "state", source=source) as gateway:
        assert "secret-of-priya" in await logged(gateway)
