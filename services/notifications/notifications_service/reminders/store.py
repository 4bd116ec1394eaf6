"""The dates of events, version by version."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from notifications_service.reminders.model import Anchor
from servicekit.database import Conn


@dataclass(frozen=True, slots=True)
class KeptDate:
    event_id: UUID
    version: int
    revision: int
    starts_at: datetime
    known_at: datetime
    cancelled: bool
    cell: str
    network: str


async def keep(conn: Conn, dates: Sequence[KeptDate]) -> None:
    await conn.execute(
        """
        INSERT INTO event_dates (event_id, version, revision, starts_at, known_at, cancelled, cell, network)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::bool[],
                             $7::text[], $8::text[])
            ON CONFLICT (event_id, version) DO NOTHING
        """,
        *(list(column) for column in zip(*map(astuple, dates), strict=True)),
    )


async def anchors(conn: Conn, events: Sequence[UUID]) -> list[Anchor]:
    """The date of each event as it now is, and the version that set it: the first since which it was not another."""
    rows = await conn.fetch(
        """
        SELECT DISTINCT ON (d.event_id)
               d.event_id, d.version, d.starts_at, d.cancelled, d.cell, d.network, first.revision, first.known_at
          FROM event_dates d
         CROSS JOIN LATERAL (
               SELECT f.revision, f.known_at
                 FROM event_dates f
                WHERE f.event_id = d.event_id
                  AND f.version > coalesce((SELECT max(o.version) FROM event_dates o
                                             WHERE o.event_id = d.event_id AND o.version < d.version
                                               AND o.starts_at <> d.starts_at), 0)
                ORDER BY f.version
                LIMIT 1) first
         WHERE d.event_id = ANY ($1::uuid[])
         ORDER BY d.event_id, d.version DESC
        """,
        list(events),
    )
    return [Anchor(**row) for row in rows]
