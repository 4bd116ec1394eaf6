"""Registrations in PostgreSQL; each statement moves the event's counts and its line together with the rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from events_service.gatherings.model import nothing_here
from events_service.registrations.model import Decision, Registration, Status
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A registration, and where it stands in line at this moment."""

    registration: Registration
    place_in_line: int | None
    """1 for the first in line; None unless it waits."""


async def insert(conn: Conn, registration: Registration) -> Registration | None:
    """Store it with the next number in the event's order. None where its code is taken already."""
    place = await conn.fetchval(
        """
        WITH counted AS (
            UPDATE events
               SET confirmed = confirmed + ($4::text = 'confirmed')::int,
                   waiting = waiting + ($4 = 'waiting')::int,
                   last_place = last_place + 1
             WHERE id = $2
               AND NOT EXISTS (SELECT FROM registrations WHERE event_id = $2 AND code = $5)
            RETURNING last_place
        ), registered AS (
            INSERT INTO registrations (id, event_id, person_id, status, place, code, registered_at, waited, version)
            SELECT $1, $2, $3, $4, last_place, $5, $6, $7, $8 FROM counted
            RETURNING place
        ), queued AS (
            INSERT INTO waiting_places (event_id, place)
            SELECT $2, place FROM registered WHERE $4 = 'waiting'
        )
        SELECT place FROM registered
        """,
        registration.id,
        registration.event_id,
        registration.person_id,
        registration.status.value,
        registration.code,
        registration.registered_at,
        registration.waited,
        registration.version,
    )
    return None if place is None else replace(registration, place=place)


async def event_of(conn: Conn, cell: str, registration_id: UUID) -> UUID:
    """The event whose row to lock; it never changes. Raises NotFound."""
    event_id: UUID | None = await conn.fetchval(
        """
        SELECT r.event_id
          FROM registrations r
          JOIN events e ON e.id = r.event_id
         WHERE r.id = $1 AND e.cell = $2
        """,
        registration_id,
        cell,
    )
    if event_id is None:
        raise nothing_here()
    return event_id


async def owner_and_network(conn: Conn, cell: str, registration_id: UUID) -> tuple[UUID, str]:
    """Whose registration it is, and the path of the network that holds its event. Raises NotFound."""
    row = await conn.fetchrow(
        """
        SELECT r.person_id, n.path::text AS path
          FROM registrations r
          JOIN events e ON e.id = r.event_id
          JOIN access_networks n USING (network_id)
         WHERE r.id = $1 AND e.cell = $2
        """,
        registration_id,
        cell,
    )
    if row is None:
        raise nothing_here()
    return row["person_id"], row["path"]


async def find(conn: Conn, event_id: UUID, registration_id: UUID) -> Registration | None:
    row = await conn.fetchrow(
        """
        SELECT id, event_id, person_id, status, place, code, registered_at, waited, attended_at, flag, version
          FROM registrations
         WHERE event_id = $1 AND id = $2
        """,
        event_id,
        registration_id,
    )
    return None if row is None else _registration(row)


async def find_by_code(conn: Conn, event_id: UUID, code: str) -> Registration | None:
    row = await conn.fetchrow(
        """
        SELECT id, event_id, person_id, status, place, code, registered_at, waited, attended_at, flag, version
          FROM registrations
         WHERE event_id = $1 AND code = $2
        """,
        event_id,
        code,
    )
    return None if row is None else _registration(row)


async def find_live(conn: Conn, event_id: UUID, person_id: UUID) -> Registration | None:
    """The person's registration that is not cancelled, of which there is at most one."""
    row = await conn.fetchrow(
        """
        SELECT id, event_id, person_id, status, place, code, registered_at, waited, attended_at, flag, version
          FROM registrations
         WHERE event_id = $1 AND person_id = $2 AND status <> 'cancelled'
        """,
        event_id,
        person_id,
    )
    return None if row is None else _registration(row)


async def line(conn: Conn, event_id: UUID, *, after: int, limit: int) -> list[Registration]:
    """Those who wait behind a place, in order."""
    rows = await conn.fetch(
        """
        SELECT id, event_id, person_id, status, place, code, registered_at, waited, attended_at, flag, version
          FROM registrations
         WHERE event_id = $1 AND status = 'waiting' AND place > $2
         ORDER BY place
         LIMIT $3
        """,
        event_id,
        after,
        limit,
    )
    return [_registration(row) for row in rows]


async def save_decision(conn: Conn, event_id: UUID, decision: Decision) -> None:
    if decision.promoted:
        await _promote(conn, event_id, decision.promoted)
    if decision.flagged:
        await conn.execute(
            """
            UPDATE registrations r
               SET flag = flagged.flag
              FROM unnest($2::uuid[], $3::text[]) AS flagged (id, flag)
             WHERE r.event_id = $1 AND r.id = flagged.id
            """,
            event_id,
            [registration.id for registration in decision.flagged],
            [registration.flag for registration in decision.flagged],
        )


async def _promote(conn: Conn, event_id: UUID, promoted: Sequence[Registration]) -> None:
    await conn.execute(
        """
        WITH promoted AS (
            UPDATE registrations
               SET status = 'confirmed', flag = NULL, version = version + 1
             WHERE event_id = $1 AND id = ANY($2::uuid[]) AND status = 'waiting'
            RETURNING place
        ), left_the_line AS (
            DELETE FROM waiting_places WHERE event_id = $1 AND place IN (SELECT place FROM promoted)
        )
        UPDATE events
           SET confirmed = confirmed + (SELECT count(*) FROM promoted),
               waiting = waiting - (SELECT count(*) FROM promoted)
         WHERE id = $1
        """,
        event_id,
        [registration.id for registration in promoted],
    )


async def save_cancelled(conn: Conn, cancelled: Registration, *, was: Status) -> None:
    await conn.execute(
        """
        WITH cancelled AS (
            UPDATE registrations SET status = 'cancelled', version = $3 WHERE id = $1
        ), left_the_line AS (
            DELETE FROM waiting_places WHERE event_id = $2 AND place = $4
        )
        UPDATE events
           SET confirmed = confirmed - ($5::text = 'confirmed')::int,
               waiting = waiting - ($5 = 'waiting')::int
         WHERE id = $2
        """,
        cancelled.id,
        cancelled.event_id,
        cancelled.version,
        cancelled.place,
        was.value,
    )


async def save_attended(conn: Conn, registration: Registration) -> None:
    await conn.execute(
        "UPDATE registrations SET attended_at = $2, version = $3 WHERE id = $1",
        registration.id,
        registration.attended_at,
        registration.version,
    )


async def standing(conn: Conn, cell: str, registration_id: UUID) -> Standing:
    """Raises NotFound."""
    row = await conn.fetchrow(
        """
        SELECT r.id, r.event_id, r.person_id, r.status, r.place, r.code, r.registered_at, r.waited, r.attended_at,
               r.flag, r.version,
               (SELECT count(*) FROM waiting_places w
                 WHERE w.event_id = r.event_id AND w.place <= r.place) AS place_in_line
          FROM registrations r
          JOIN events e ON e.id = r.event_id
         WHERE r.id = $1 AND e.cell = $2
        """,
        registration_id,
        cell,
    )
    if row is None:
        raise nothing_here()
    return standing_of(row)


async def of_person(
    conn: Conn, cell: str, person_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[Standing]:
    """A person's registrations in a cell, the latest first. before: registered_at and id of the last one seen."""
    rows = await conn.fetch(
        """
        SELECT r.id, r.event_id, r.person_id, r.status, r.place, r.code, r.registered_at, r.waited, r.attended_at,
               r.flag, r.version,
               (SELECT count(*) FROM waiting_places w
                 WHERE w.event_id = r.event_id AND w.place <= r.place) AS place_in_line
          FROM registrations r
          JOIN events e ON e.id = r.event_id
         WHERE e.cell = $1 AND r.person_id = $2
           AND ($3::timestamptz IS NULL OR (r.registered_at, r.id) < ($3, $4::uuid))
         ORDER BY r.registered_at DESC, r.id DESC
         LIMIT $5
        """,
        cell,
        person_id,
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
    return [standing_of(row) for row in rows]


def standing_of(row: Any) -> Standing:
    registration = _registration(row)
    waits = registration.status is Status.WAITING
    return Standing(registration=registration, place_in_line=row["place_in_line"] if waits else None)


def _registration(row: Any) -> Registration:
    return Registration(
        id=row["id"],
        event_id=row["event_id"],
        person_id=row["person_id"],
        status=Status(row["status"]),
        place=row["place"],
        code=row["code"],
        registered_at=row["registered_at"],
        waited=row["waited"],
        attended_at=row["attended_at"],
        flag=row["flag"],
        version=row["version"],
    )
