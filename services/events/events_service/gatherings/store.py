"""Events in PostgreSQL; every command on one, or on its registrations, locks its row here first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events_service.gatherings.model import AdmissionRule, Event, Plan, Status, When, nothing_here
from servicekit.database import Conn, admit
from servicekit.problem import Conflict


class NetworkNotYetKnown(Conflict):
    code = "not-yet-known"
    title = "This has not arrived here yet"


async def lock(conn: Conn, cell: str, event_id: UUID) -> Event:
    """Hold the event's row, and admit this transaction to its registrations. Raises NotFound."""
    row = await conn.fetchrow(
        """
        SELECT id, cell, network_id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at, capacity,
               open_to, sectors, job_roles, status, published_at, revision, version, confirmed, waiting,
               (SELECT n.path::text FROM access_networks n WHERE n.network_id = e.network_id) AS network_path
          FROM events e
         WHERE id = $1 AND cell = $2
           FOR UPDATE
        """,
        event_id,
        cell,
    )
    event = _event(row)
    await admit(conn, event.id)
    return event


async def get(conn: Conn, cell: str, event_id: UUID) -> Event:
    row = await conn.fetchrow(
        """
        SELECT id, cell, network_id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at, capacity,
               open_to, sectors, job_roles, status, published_at, revision, version, confirmed, waiting,
               (SELECT n.path::text FROM access_networks n WHERE n.network_id = e.network_id) AS network_path
          FROM events e
         WHERE id = $1 AND cell = $2
        """,
        event_id,
        cell,
    )
    return _event(row)


async def insert(conn: Conn, event: Event) -> None:
    plan, when = event.plan, event.plan.when
    await conn.execute(
        """
        INSERT INTO events (id, cell, network_id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at,
                            capacity, open_to, sectors, job_roles, status, published_at, revision, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        """,
        event.id,
        event.cell,
        event.network_id,
        plan.kind,
        plan.title,
        plan.summary,
        plan.venue,
        when.starts,
        when.ends,
        when.zone,
        when.starts_at,
        when.ends_at,
        plan.capacity,
        plan.rule.networks,
        plan.rule.sectors,
        plan.rule.job_roles,
        event.status,
        event.published_at,
        event.revision,
        event.version,
    )


async def save(conn: Conn, event: Event) -> None:
    """Everything but the counts, which only registrations move."""
    plan, when = event.plan, event.plan.when
    await conn.execute(
        """
        UPDATE events
           SET kind = $2, title = $3, summary = $4, venue = $5, starts = $6, ends = $7, zone = $8, starts_at = $9,
               ends_at = $10, capacity = $11, open_to = $12, sectors = $13, job_roles = $14, status = $15,
               published_at = $16, revision = $17, version = $18
         WHERE id = $1
        """,
        event.id,
        plan.kind,
        plan.title,
        plan.summary,
        plan.venue,
        when.starts,
        when.ends,
        when.zone,
        when.starts_at,
        when.ends_at,
        plan.capacity,
        plan.rule.networks,
        plan.rule.sectors,
        plan.rule.job_roles,
        event.status,
        event.published_at,
        event.revision,
        event.version,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which events a list shows."""

    drafts: bool
    """Only those that were never published, or only those that were."""
    open_to: Sequence[UUID]
    """Events open to one of these networks, and besides"""
    held_under: Sequence[str]
    """those held by the networks at these paths, or below them."""
    held_by: UUID | None = None
    """Of all these, only those of this network and below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a list goes on: upcoming and running events by start, then past ones, the latest first."""

    is_past: bool
    distance: int
    """Microseconds from `as_of` to the start, backwards for past events."""
    id: UUID


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
    rows = await conn.fetch(
        """
        WITH seen AS (
            SELECT e.id, n.path::text AS network_path, e.ends_at <= $6 AS is_past,
                   (extract(epoch FROM e.starts_at - $6) * 1000000)::bigint
                   * CASE WHEN e.ends_at <= $6 THEN -1 ELSE 1 END AS distance
              FROM events e
              JOIN access_networks n USING (network_id)
             WHERE e.cell = $1
               AND (e.published_at IS NULL) = $2
               AND (e.open_to && $3::uuid[] OR n.path <@ $4::text[]::ltree[])
               AND ($5::uuid IS NULL
                    OR n.path <@ (SELECT path FROM access_networks held WHERE held.network_id = $5))
        )
        SELECT id, cell, network_id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at, capacity,
               open_to, sectors, job_roles, status, published_at, revision, version, confirmed, waiting,
               network_path, is_past, distance
          FROM seen
          JOIN events USING (id)
         WHERE $7::boolean IS NULL OR (is_past, distance, id) > ($7, $8::bigint, $9::uuid)
         ORDER BY is_past, distance, id
         LIMIT $10
        """,
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
    )
    return [(_event(row), Position(is_past=row["is_past"], distance=row["distance"], id=row["id"])) for row in rows]


async def network_path(conn: Conn, cell: str, event_id: UUID) -> str:
    """The path, as it is now, of the network that holds the event. Raises NotFound."""
    row = await conn.fetchrow(
        """
        SELECT (SELECT n.path::text FROM access_networks n WHERE n.network_id = e.network_id) AS network_path
          FROM events e
         WHERE id = $1 AND cell = $2
        """,
        event_id,
        cell,
    )
    return _path(row)


async def door(conn: Conn, cell: str, event_id: UUID) -> tuple[str, datetime]:
    """The path of the network that holds the event, and when it begins. Raises NotFound."""
    row = await conn.fetchrow(
        """
        SELECT (SELECT n.path::text FROM access_networks n WHERE n.network_id = e.network_id) AS network_path,
               starts_at
          FROM events e
         WHERE id = $1 AND cell = $2
        """,
        event_id,
        cell,
    )
    if row is None:
        raise nothing_here()
    return _path(row), row["starts_at"]


async def with_places_to_give(conn: Conn, *, at: datetime) -> list[tuple[str, UUID]]:
    """(cell, id) of the events where a place is free although somebody waits."""
    rows = await conn.fetch(
        """
        SELECT cell, id
          FROM events
         WHERE status = 'published' AND waiting > 0 AND confirmed < capacity AND ends_at > $1
        """,
        at,
    )
    return [(row["cell"], row["id"]) for row in rows]


def _path(row: Any) -> str:
    if row is None:
        raise nothing_here()
    path: str | None = row["network_path"]
    if path is None:
        raise NetworkNotYetKnown(
            "The network that holds this event is not known here yet; ask again shortly.", retry_after=1
        )
    return path


def _event(row: Any) -> Event:
    path = _path(row)
    return Event(
        id=row["id"],
        cell=row["cell"],
        network_id=row["network_id"],
        network_path=path,
        plan=Plan(
            kind=row["kind"],
            title=row["title"],
            summary=row["summary"],
            venue=row["venue"],
            when=When(
                starts=row["starts"],
                ends=row["ends"],
                zone=row["zone"],
                starts_at=row["starts_at"],
                ends_at=row["ends_at"],
            ),
            capacity=row["capacity"],
            rule=AdmissionRule(
                networks=tuple(row["open_to"]),
                sectors=tuple(row["sectors"]),
                job_roles=tuple(row["job_roles"]),
            ),
        ),
        status=Status(row["status"]),
        published_at=row["published_at"],
        revision=row["revision"],
        version=row["version"],
        confirmed=row["confirmed"],
        waiting=row["waiting"],
    )
