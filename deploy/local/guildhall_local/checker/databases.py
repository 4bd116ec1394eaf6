"""What stands in the services' databases, read past every wall, as the superuser of the local stack."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

from guildhall_local.instance import HOST, Instance

SUPERUSER = "postgres"

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Databases: TypeAlias = Mapping[str, Connection]
"""By deployment: a service's name, or that of one of a cell's own."""


@asynccontextmanager
async def opened(instance: Instance) -> AsyncIterator[Databases]:
    async with AsyncExitStack() as stack:
        found: dict[str, Connection] = {}
        for deployment in instance.deployments:
            found[deployment] = await connect(instance, deployment)
            stack.push_async_callback(found[deployment].close)
        yield found


async def connect(instance: Instance, deployment: str) -> Connection:
    """Sees the projections that are in use at this moment."""
    connection = await asyncpg.connect(address(instance, deployment))
    await _see_the_projections(connection)
    return connection


def address(instance: Instance, deployment: str) -> str:
    password = instance.founding.passwords[SUPERUSER]
    return f"postgresql://{SUPERUSER}:{password}@{HOST}:{instance.ports['postgres']}/{deployment}"


async def _see_the_projections(connection: Connection) -> None:
    """Tables of others' facts stand in one of two schemas each; these are those in use."""
    active = await connection.fetch("SELECT name, active FROM servicekit.projections ORDER BY name")
    schemas = [f"{row['name']}_{row['active']}" for row in active]
    await connection.execute(f"SET search_path TO {', '.join([*schemas, 'public'])}")


async def rows(connection: Connection, statement: str, *values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(statement, *values)]
