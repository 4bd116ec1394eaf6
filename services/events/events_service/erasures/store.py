"""The registrations of somebody who is erased that are still before them."""

from datetime import datetime
from uuid import UUID

from servicekit.database import Conn


async def to_come(conn: Conn, cell: str, person_id: UUID, *, at: datetime) -> list[UUID]:
    """Places and places in line at events of the cell that are not over, in one order for all who lock events."""
    rows = await conn.fetch(
        """
        SELECT r.id
          FROM registrations r
          JOIN events e ON e.id = r.event_id
         WHERE r.person_id = $2 AND r.status <> 'cancelled' AND r.attended_at IS NULL
           AND e.cell = $1 AND e.status = 'published' AND e.ends_at > $3
         ORDER BY r.event_id
        """,
        cell,
        person_id,
        at,
    )
    return [row["id"] for row in rows]


async def late(conn: Conn, *, at: datetime) -> list[tuple[str, UUID]]:
    """(cell, person) of those who are erased and stand on the list of an event that is not over all the same."""
    rows = await conn.fetch(
        """
        SELECT DISTINCT e.cell, r.person_id
          FROM servicekit.erased_people gone
          JOIN registrations r USING (person_id)
          JOIN events e ON e.id = r.event_id
         WHERE r.status <> 'cancelled' AND r.attended_at IS NULL AND e.status = 'published' AND e.ends_at > $1
        """,
        at,
    )
    return [(row["cell"], row["person_id"]) for row in rows]
