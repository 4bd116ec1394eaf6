"""Calendar addresses in PostgreSQL, and the events that a feed tells; a transaction sees what the secret opens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from events_service.calendars.model import MOST_ENTRIES, Calendar, Entry, State, state
from events_service.gatherings import rows
from servicekit.database import Conn
from servicekit.problem import NothingHere


async def count_of_owner(conn: Conn, calendar: Calendar) -> int:
    """How many of its owner's there are, held until the transaction ends: twins cannot both be the last."""
    await conn.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('calendars of ' || $1::text || ' in ' || $2::text, 0))",
        str(calendar.person_id or calendar.network_id),
        calendar.cell,
    )
    count: int = await conn.fetchval(
        """
        SELECT count(*)
          FROM calendars
         WHERE cell = $1 AND (person_id = $2 OR network_id = $3)
        """,
        calendar.cell,
        calendar.person_id,
        calendar.network_id,
    )
    return count


async def insert(conn: Conn, calendar: Calendar, *, secret_hash: bytes) -> None:
    await conn.execute(
        """
        INSERT INTO calendars (id, cell, person_id, network_id, secret_hash, made_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        calendar.id,
        calendar.cell,
        calendar.person_id,
        calendar.network_id,
        secret_hash,
        calendar.made_at,
    )


async def get(conn: Conn, cell: str, calendar_id: UUID) -> Calendar:
    """Raises NotFound."""
    row = await conn.fetchrow(
        "SELECT id, cell, person_id, network_id, made_at FROM calendars WHERE id = $1 AND cell = $2",
        calendar_id,
        cell,
    )
    if row is None:
        raise NothingHere
    return Calendar(**row)


async def find_shown(conn: Conn, cell: str, secret_hash: bytes) -> Calendar | None:
    """The calendar whose secret somebody has shown: the only row that such a transaction sees."""
    await conn.execute("SELECT set_config('guildhall.shown_secret', $1, true)", secret_hash.hex())
    row = await conn.fetchrow(
        "SELECT id, cell, person_id, network_id, made_at FROM calendars WHERE secret_hash = $1 AND cell = $2",
        secret_hash,
        cell,
    )
    return None if row is None else Calendar(**row)


async def delete(conn: Conn, calendar_id: UUID) -> bool:
    """Whether there was one."""
    deleted: UUID | None = await conn.fetchval("DELETE FROM calendars WHERE id = $1 RETURNING id", calendar_id)
    return deleted is not None


async def listed(
    conn: Conn,
    cell: str,
    *,
    person_id: UUID | None,
    network_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Calendar]:
    """Those of a person or of a network, in the order in which they were made."""
    found = await conn.fetch(
        """
        SELECT id, cell, person_id, network_id, made_at
          FROM calendars
         WHERE cell = $1 AND (person_id = $2 OR network_id = $3)
           AND ($4::timestamptz IS NULL OR (made_at, id) > ($4, $5::uuid))
         ORDER BY made_at, id
         LIMIT $6
        """,
        cell,
        person_id,
        network_id,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [Calendar(**row) for row in found]


async def entries_of_person(
    conn: Conn, cell: str, person_id: UUID, *, at: datetime, since: datetime
) -> tuple[Entry, ...]:
    """The events of a cell that a person is, or was, registered for, and that end after `since`."""
    found = await conn.fetch(
        """
        WITH mine AS (
            SELECT DISTINCT ON (event_id) event_id, status, registered_at,
                   sum(version) OVER (PARTITION BY event_id) AS versions
              FROM registrations
             WHERE person_id = $2
             ORDER BY event_id, status = 'cancelled', place DESC
        )
        SELECT e.id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at, capacity,
               open_to, sectors, job_roles, mode, sessions, co_hosts, partners, opens, closes, opens_at, closes_at,
               e.status AS event_status, mine.status AS registration_status,
               revision - 1 + versions - 1 AS sequence, greatest(changed_at, registered_at) AS changed_at
          FROM mine
          JOIN events e ON e.id = event_id
         WHERE cell = $1 AND ends_at > $3
         ORDER BY ends_at <= $4, abs(extract(epoch FROM starts_at - $4)), e.id
         LIMIT $5
        """,
        cell,
        person_id,
        since,
        at,
        MOST_ENTRIES,
    )
    return tuple(
        _entry(row, state(event=row["event_status"], registration=row["registration_status"])) for row in found
    )


async def entries_of_network(
    conn: Conn, cell: str, network_id: UUID, *, at: datetime, since: datetime
) -> tuple[Entry, ...]:
    """The events of a cell that a network has published, alone or with others, and that end after `since`."""
    found = await conn.fetch(
        """
        SELECT id, kind, title, summary, venue, starts, ends, zone, starts_at, ends_at, capacity,
               open_to, sectors, job_roles, mode, sessions, co_hosts, partners, opens, closes, opens_at, closes_at,
               status AS event_status, NULL AS registration_status, revision - 1 AS sequence, changed_at
          FROM events
         WHERE cell = $1 AND (network_id = $2 OR co_hosts @> ARRAY[$2]) AND published_at IS NOT NULL AND ends_at > $3
         ORDER BY ends_at <= $4, abs(extract(epoch FROM starts_at - $4)), id
         LIMIT $5
        """,
        cell,
        network_id,
        since,
        at,
        MOST_ENTRIES,
    )
    return tuple(_entry(row, state(event=row["event_status"], registration="confirmed")) for row in found)


def _entry(row: Any, state: State) -> Entry:
    return Entry(
        event_id=row["id"],
        plan=rows.plan(row),
        state=state,
        sequence=row["sequence"],
        changed_at=row["changed_at"],
        takes_time=row["registration_status"] == "confirmed" and state is State.CONFIRMED,
    )
