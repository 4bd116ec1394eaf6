"""Who decides at a network, and what networks are called."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from servicekit.database import Conn


async def deciding_leads(conn: Conn, network_id: UUID, *, now: datetime) -> list[UUID]:
    """The leads of the network; where it has none, those of the nearest network above that has one."""
    rows = await conn.fetch(
        """
        WITH leads AS (
            SELECT DISTINCT g.person_id, nlevel(at.path) AS level
              FROM access_networks asked
              JOIN access_networks at ON at.path @> asked.path
              JOIN access_grants g ON g.network_id = at.network_id
             WHERE asked.network_id = $1 AND g.role = 'lead'
               AND g.starts_at <= $2 AND (g.ends_at IS NULL OR $2 < g.ends_at))
        SELECT person_id FROM leads WHERE level = (SELECT max(level) FROM leads) ORDER BY person_id
        """,
        network_id,
        now,
    )
    return [row["person_id"] for row in rows]


async def has_address(conn: Conn, person_id: UUID) -> bool:
    return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM people WHERE person_id = $1)", person_id))


async def names(conn: Conn, paths: Collection[str]) -> dict[str, str]:
    """What the networks at these paths are called, as far as they are known here."""
    if not paths:
        return {}
    rows = await conn.fetch(
        """
        SELECT path::text AS path, name
          FROM access_networks
         WHERE path = ANY ($1::text[]::ltree[])
         ORDER BY until NULLS LAST
        """,
        list(paths),
    )
    return {row["path"]: row["name"] for row in rows}
