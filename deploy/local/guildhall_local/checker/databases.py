"""What stands in the services' databases, read past every wall, as the superuser of the local stack."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

from guildhall_local.instance import HOST, SERVICES, Instance

SUPERUSER = "postgres"

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Databases: TypeAlias = Mapping[str, Connection]
"""By service."""


@asynccontextmanager
async def opened(instance: Instance) -> AsyncIterator[Databases]:
    async with AsyncExitStack() as stack:
        found: dict[str, Connection] = {}
        for service in SERVICES:
            connection = await asyncpg.connect(address(instance, service))
            stack.push_async_callback(connection.close)
            await _see_the_projections(connection)
            found[service] = connection
        yield found


def address(instance: Instance, service: str) -> str:
    password = instance.founding.passwords[SUPERUSER]
    return f"postgresql://{SUPERUSER}:{password}@{HOST}:{instance.ports['postgres']}/{service}"


async def _see_the_projections(connection: Connection) -> None:
    """Tables of others' facts stand in one of two schemas each; these are those in use."""
    active = await connection.fetch("SELECT name, active FROM servicekit.projections ORDER BY name")
    schemas = [f"{row['name']}_{row['active']}" for row in active]
    await connection.execute(f"SET search_path TO {', '.join([*schemas, 'public'])}")


async def rows(connection: Connection, statement: str, *values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(statement, *values)]
