"""What a person may do who is not here to show a token: their grants, as access knows them."""

from datetime import datetime
from uuid import UUID

from access import HeldGrant, Principal
from servicekit.database import Conn


async def principal_of(conn: Conn, person_id: UUID, *, now: datetime) -> Principal:
    """With the grants that are live at this instant, as far as this transaction may see them."""
    rows = await conn.fetch(
        """
        SELECT g.role, n.path::text AS path, g.network_id, g.cell
          FROM access_grants g
          JOIN access_networks n USING (network_id)
         WHERE g.person_id = $1 AND g.starts_at <= $2 AND (g.ends_at IS NULL OR $2 < g.ends_at)
        """,
        person_id,
        now,
    )
    beats = await conn.fetch("SELECT cell, at FROM access_heartbeats")
    return Principal(
        identity="",
        issuer="",
        person_id=person_id,
        grants=tuple(HeldGrant(**row) for row in rows),
        heartbeats={row["cell"]: row["at"] for row in beats},
    )
