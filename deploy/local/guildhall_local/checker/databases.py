"""What stands in the services' databases, read past every wall, as the superuser of the local stack."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

from guildhall_local.instance import HOST, Instance

SUPERUSER = "postgres"

# Tables of others' facts stand in one of two schemas each; these are those in use.
SEE_THE_PROJECTIONS = """
SELECT set_config(
           'search_path', concat_ws(', ', string_agg(quote_ident(name || '_' || active), ', ' ORDER BY name), 'public'),
           false)
  FROM servicekit.projections
"""

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
    await connection.execute(SEE_THE_PROJECTIONS)
    return connection


def address(instance: Instance, deployment: str) -> str:
    password = instance.founding.passwords[SUPERUSER]
    return f"postgresql://{SUPERUSER}:{password}@{HOST}:{instance.ports['postgres']}/{deployment}"


async def rows(connection: Connection, statement: str, *values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(statement, *values)]


async def inbox(connection: Connection) -> dict[tuple[str, str], frozenset[str]]:
    """Consumer and topic to the ids that were applied to what is in use now."""
    found = await connection.fetch(
        """
        SELECT i.consumer, i.topic, array_agg(i.signal_id::text) AS ids
          FROM servicekit.inbox i
          JOIN servicekit.consumers c USING (consumer)
          JOIN servicekit.projections p ON p.name = c.projection AND p.epoch = i.epoch
         GROUP BY i.consumer, i.topic
        """
    )
    return {(row["consumer"], row["topic"]): frozenset(row["ids"]) for row in found}


async def parked(connection: Connection) -> int:
    """Deliveries that could not be applied."""
    return int(await connection.fetchval("SELECT count(*) FROM servicekit.parked"))
