"""Events in PostgreSQL; every command on one, or on its registrations, locks its row here first."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from events_service.gatherings import rows
from events_service.gatherings.model import Event
from servicekit.database import Conn, Held, admit, admit_all
from servicekit.problem import NothingHere, Problem


async def lock(conn: Conn, cell: str, event_id: UUID) -> Event:
    """Hold the event's row, and admit this transaction to its registrations. Raises NotFound."""
    row = await conn.fetchrow(
        """
        SELECT id, cell, network_id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at, capacity,
               open_to, sectors, job_roles, mode, sessions, co_hosts, partners, opens, closes, opens_at, closes_at,
               status, published_at, revision, version, changed_at, confirmed, waiting,
               (SELECT n.path::text FROM access_networks n WHERE n.network_id = e.network_id) AS network_path
          FROM events e
         WHERE id = $1 AND cell = $2
           FOR UPDATE
        """,
        event_id,
        cell,
    )
    event = rows.event(row)
    await admit(conn, event.id)
    return event


async def lock_free(conn: Conn, wanted: Collection[tuple[str, UUID]]) -> "Locked":
    """Hold the rows of those events that nobody else holds, and admit this transaction to their registrations.

    For each (cell, id) the event, or why there is none to work on: NotFound, or Held.
    """
    pairs = list(wanted)
    free = await conn.fetch(
        """
        SELECT id, cell, network_id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at, capacity,
               open_to, sectors, job_roles, mode, sessions, co_hosts, partners, opens, closes, opens_at, closes_at,
               status, published_at, revision, version, changed_at, confirmed, waiting,
               (SELECT n.path::text FROM access_networks n WHERE n.network_id = e.network_id) AS network_path
          FROM events e
          JOIN unnest($1::text[], $2::uuid[]) AS wanted (cell, id) USING (cell, id)
         ORDER BY id
           FOR UPDATE OF e SKIP LOCKED
        """,
        [cell for cell, _ in pairs],
        [event_id for _, event_id in pairs],
    )
    await admit_all(conn, [row["id"] for row in free])
    locked: Locked = {(row["cell"], row["id"]): _event_or_refusal(row) for row in free}
    if len(locked) < len(pairs):
        locked.update(await _missing(conn, [pair for pair in pairs if pair not in locked]))
    return locked


async def lock_one(conn: Conn, wanted: Collection[tuple[str, UUID]]) -> "Locked":
    """The same for one event, whoever holds it: it is waited for."""
    [(cell, event_id)] = wanted
    try:
        return {(cell, event_id): await lock(conn, cell, event_id)}
    except Problem as refusal:
        return {(cell, event_id): refusal}


Locked = dict[tuple[str, UUID], Event | Problem | Held]


def _event_or_refusal(row: Any) -> Event | Problem:
    try:
        return rows.event(row)
    except Problem as refusal:
        return refusal


async def _missing(conn: Conn, pairs: Sequence[tuple[str, UUID]]) -> Locked:
    """Not there, or held by somebody else."""
    there = await conn.fetch(
        "SELECT cell, id FROM events JOIN unnest($1::text[], $2::uuid[]) AS wanted (cell, id) USING (cell, id)",
        [cell for cell, _ in pairs],
        [event_id for _, event_id in pairs],
    )
    known = {(row["cell"], row["id"]) for row in there}
    return {pair: Held(pair[1]) if pair in known else NothingHere() for pair in pairs}


async def get(conn: Conn, cell: str, event_id: UUID) -> Event:
    row = await conn.fetchrow(
        """
        SELECT id, cell, network_id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at, capacity,
               open_to, sectors, job_roles, mode, sessions, co_hosts, partners, opens, closes, opens_at, closes_at,
               status, published_at, revision, version, changed_at, confirmed, waiting,
               (SELECT n.path::text FROM access_networks n WHERE n.network_id = e.network_id) AS network_path
          FROM events e
         WHERE id = $1 AND cell = $2
        """,
        event_id,
        cell,
    )
    return rows.event(row)


async def insert(conn: Conn, event: Event) -> None:
    await conn.execute(
        """
        INSERT INTO events (id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at, capacity, open_to,
                            sectors, job_roles, status, published_at, revision, version, changed_at, mode, sessions,
                            co_hosts, partners, opens, closes, opens_at, closes_at, cell, network_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                $21, $22, $23, $24, $25, $26, $27, $28, $29)
        """,
        event.id,
        *_what_may_change(event),
        event.cell,
        event.network_id,
    )


async def save(conn: Conn, event: Event) -> None:
    """Everything but the counts, which only registrations move."""
    await conn.execute(
        """
        UPDATE events
           SET kind = $2, title = $3, summary = $4, venue = $5, starts = $6, ends = $7, zone = $8, starts_at = $9,
               ends_at = $10, capacity = $11, open_to = $12, sectors = $13, job_roles = $14, status = $15,
               published_at = $16, revision = $17, version = $18, changed_at = $19, mode = $20, sessions = $21,
               co_hosts = $22, partners = $23, opens = $24, closes = $25, opens_at = $26, closes_at = $27
         WHERE id = $1
        """,
        event.id,
        *_what_may_change(event),
    )


def _what_may_change(event: Event) -> tuple[Any, ...]:
    """In the order of both statements."""
    plan, when = event.plan, event.plan.when
    return (
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
        event.changed_at,
        plan.mode,
        rows.written(plan.sessions),
        plan.co_hosts,
        plan.partners,
        plan.window.opens,
        plan.window.closes,
        plan.window.opens_at,
        plan.window.closes_at,
    )


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
    return rows.path(row)


async def doors(
    conn: Conn, wanted: Collection[tuple[str, UUID]]
) -> dict[tuple[str, UUID], tuple[str, datetime] | Problem]:
    """For each (cell, id) the path of the network that holds the event, and when it begins; or why not."""
    pairs = list(wanted)
    found = await conn.fetch(
        """
        SELECT cell, id, starts_at,
               (SELECT n.path::text FROM access_networks n WHERE n.network_id = e.network_id) AS network_path
          FROM events e
          JOIN unnest($1::text[], $2::uuid[]) AS wanted (cell, id) USING (cell, id)
        """,
        [cell for cell, _ in pairs],
        [event_id for _, event_id in pairs],
    )
    known = {(row["cell"], row["id"]): _door_or_refusal(row) for row in found}
    return {pair: known.get(pair, NothingHere()) for pair in pairs}


def _door_or_refusal(row: Any) -> tuple[str, datetime] | Problem:
    try:
        return rows.path(row), row["starts_at"]
    except Problem as refusal:
        return refusal


async def with_places_to_give(conn: Conn, *, at: datetime) -> list[tuple[str, UUID]]:
    """(cell, id) of the events where a place is free although somebody waits."""
    found = await conn.fetch(
        """
        SELECT cell, id
          FROM events
         WHERE status = 'published' AND waiting > 0 AND confirmed < capacity AND ends_at > $1
        """,
        at,
    )
    return [(row["cell"], row["id"]) for row in found]
