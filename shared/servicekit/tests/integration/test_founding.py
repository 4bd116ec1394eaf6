"""A service's database, made from the very addresses that the service will use."""

from uuid import uuid4

import asyncpg
import pytest

from servicekit.database.founding import found
from servicekit.database.roles import dsn
from servicekit.problem import CannotStart

ROLES = ("owner", "api", "worker")


def urls(postgres: str, service: str, password: str) -> dict[str, str]:
    return {role: dsn(postgres, database=service, role=f"{service}_{role}", password=password) for role in ROLES}


async def test_each_address_works_afterwards_and_a_second_run_renews_the_passwords(postgres: str) -> None:
    service = f"founded_{uuid4().hex[:8]}"
    await found(postgres, service=service, urls=urls(postgres, service, "first"))

    await found(postgres, service=service, urls=urls(postgres, service, "p%40ss"))

    for role, url in urls(postgres, service, "p%40ss").items():
        conn = await asyncpg.connect(url)
        assert await conn.fetchval("SELECT current_user") == f"{service}_{role}"
        await conn.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(urls(postgres, service, "first")["api"])
    await _forget(postgres, service)


async def _forget(postgres: str, service: str) -> None:
    admin = await asyncpg.connect(postgres)
    await admin.execute(f'DROP DATABASE "{service}"')
    for role in ROLES:
        await admin.execute(f'DROP ROLE "{service}_{role}"')
    await admin.close()


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "postgresql://events_api:secret@db:5432/events",
        "postgresql://events_owner:secret@db:5432/membership",
        "postgresql://events_owner@db:5432/events",
    ],
)
async def test_an_address_of_somebody_elses_is_refused_before_anything_is_made(postgres: str, wrong: str) -> None:
    with pytest.raises(CannotStart, match="the address of events_owner has to be postgresql://events_owner:PASSWORD@"):
        await found(postgres, service="events", urls={"owner": wrong})


async def test_a_server_that_is_not_there_is_said_in_a_sentence() -> None:
    with pytest.raises(CannotStart, match="ADMIN_DATABASE_URL leads to no database server"):
        await found("postgresql://postgres:x@127.0.0.1:1/postgres", service="events", urls={})
