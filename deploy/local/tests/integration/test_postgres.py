"""PostgreSQL as our child: it starts, keeps what was committed through a SIGKILL, and ends when asked."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from guildhall_local import databases, postgres
from guildhall_local.instance import SERVICES
from guildhall_local.postgres import Server
from guildhall_local.testservers import free_ports


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    [port] = free_ports(1)
    with postgres.running(tmp_path_factory.mktemp("postgres"), port, durable=False) as started:
        yield started


@pytest.fixture(scope="module")
def passwords() -> dict[str, str]:
    return {f"{service}_{part}": secrets.token_urlsafe() for service in SERVICES for part in databases.PARTS}


async def test_what_was_committed_survives_a_kill_of_the_server(tmp_path: Path) -> None:
    [port] = free_ports(1)
    server = Server(folder=tmp_path, port=port, password="open sesame")
    server.prepare()
    log = tmp_path / "postgres.log"
    first = postgres.start(server, log)
    postgres.await_ready(server, first, log)
    conn = await asyncpg.connect(server.admin_dsn)
    await conn.execute("CREATE TABLE places AS SELECT 30 AS free")

    first.kill()
    first.wait()
    second = postgres.start(server, log)

    try:
        postgres.await_ready(server, second, log)
        again = await asyncpg.connect(server.admin_dsn)
        assert await again.fetchval("SELECT free FROM places") == 30
        assert await again.fetchval("SHOW fsync") == "on"
        await again.close()
    finally:
        second.send_signal(postgres.STOP_SIGNAL)
        assert second.wait(20) == 0
        await conn.close()


async def test_it_stops_although_a_client_is_connected(tmp_path: Path) -> None:
    [port] = free_ports(1)
    with postgres.running(tmp_path, port, durable=False) as server:
        conn = await asyncpg.connect(server.admin_dsn)

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await conn.fetchval("SELECT 1")
    assert [process for process in psutil.process_iter(["cmdline"]) if str(tmp_path) in str(process.info)] == []


async def test_each_service_has_roles_that_may_do_only_their_part(server: Server, passwords: dict[str, str]) -> None:
    await databases.found(server.admin_dsn, SERVICES, passwords)
    owner = await asyncpg.connect(server.dsn("events_owner", passwords["events_owner"], "events"))
    api = await asyncpg.connect(server.dsn("events_api", passwords["events_api"], "events"))

    await owner.execute("CREATE TABLE seats (row_label ltree, name citext)")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute("SELECT FROM seats")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute("CREATE TABLE mine ()")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(server.dsn("events_api", passwords["events_api"], "membership"))
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.dsn("events_owner", passwords["events_api"], "events"))
    await owner.close()
    await api.close()


async def test_founding_the_databases_again_keeps_them_and_renews_the_passwords(
    server: Server, passwords: dict[str, str]
) -> None:
    await databases.found(server.admin_dsn, SERVICES, passwords)
    owner = await asyncpg.connect(server.dsn("analytics_owner", passwords["analytics_owner"], "analytics"))
    await owner.execute("CREATE TABLE figures ()")
    await owner.close()

    await databases.found(server.admin_dsn, SERVICES, passwords | {"analytics_owner": "changed"})

    again = await asyncpg.connect(server.dsn("analytics_owner", "changed", "analytics"))
    assert await again.fetchval("SELECT to_regclass('figures') IS NOT NULL")
    await again.close()
