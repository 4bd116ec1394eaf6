"""Lists of events in PostgreSQL: what is open to somebody, what their networks hold, and what is prepared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events_service.gatherings import rows
from events_service.gatherings.model import Event
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which events a list shows."""

    drafts: bool
    """Only those that were never published, or only those that were."""
    open_to: Sequence[UUID]
    """Events open to one of these networks, and besides"""
    held_under: Sequence[str]
    """those held by the networks at these paths, or below them, alone or with others."""
    held_by: UUID | None = None
    """Of all these, only those of this network and below it, and those that it holds with others;"""
    kind: str | None = None
    mode: str | None = None
    since: datetime | None = None
    """only those that end after this instant,"""
    until: datetime | None = None
    """and begin before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a list goes on: upcoming and running events by start, then past ones, the latest first."""

    is_past: bool
    distance: int
    """Microseconds from `as_of` to the start, backwards for past events."""
    id: UUID


SEEN_IN_ORDER = """
WITH seen AS (
    SELECT e.id, n.path::text AS network_path, e.ends_at <= $6 AS is_past,
           (extract(epoch FROM e.starts_at - $6) * 1000000)::bigint
           * CASE WHEN e.ends_at <= $6 THEN -1 ELSE 1 END AS distance
      FROM events e
      JOIN access_networks n USING (network_id)
     WHERE e.cell = $1
       AND (e.published_at IS NULL) = $2
       AND (e.open_to && $3::uuid[] OR n.path <@ $4::text[]::ltree[]
            OR NOT $2 AND EXISTS (
                   SELECT FROM access_networks co_host
                    WHERE co_host.network_id = ANY (e.co_hosts) AND co_host.path <@ $4::text[]::ltree[]))
       AND ($5::uuid IS NULL OR $5 = ANY (e.co_hosts)
            OR n.path <@ (SELECT path FROM access_networks held WHERE held.network_id = $5))
       AND ($11::text IS NULL OR e.kind = $11)
       AND ($12::text IS NULL OR e.mode = $12)
       AND ($13::timestamptz IS NULL OR e.ends_at > $13)
       AND ($14::timestamptz IS NULL OR e.starts_at < $14)
)
SELECT id, cell, network_id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at, capacity,
       open_to, sectors, job_roles, mode, sessions, co_hosts, partners, opens, closes, opens_at, closes_at,
       status, published_at, revision, version, changed_at, confirmed, waiting,
       network_path, is_past, distance
  FROM seen
  JOIN events USING (id)
 WHERE $7::boolean IS NULL OR (is_past, distance, id) > ($7, $8::bigint, $9::uuid)
 ORDER BY is_past, distance, id
 LIMIT $10
"""


async def listed(
    conn: Conn,
    cell: str,
    shown: Shown,
    *,
    as_of: datetime,
    after: Position | None,
    limit: int,
) -> list[tuple[Event, Position]]:
    """A cell's events with their positions, in order."""
    found = await conn.fetch(
        SEEN_IN_ORDER,
        cell,
        shown.drafts,
        list(shown.open_to),
        list(shown.held_under),
        shown.held_by,
        as_of,
        after.is_past if after else None,
        after.distance if after else None,
        after.id if after else None,
        limit,
        shown.kind,
        shown.mode,
        shown.since,
        shown.until,
    )
    return [
        (rows.event(row), Position(is_past=row["is_past"], distance=row["distance"], id=row["id"])) for row in found
    ]
