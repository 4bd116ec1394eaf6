"""Registrations in PostgreSQL; each statement moves the event's counts and its line together with the rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from events_service.registrations.model import Decision, Registration, Status
from events_service.registrations.rows import registration_of
from servicekit.database import Conn
from servicekit.problem import NothingHere


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A registration, and where it stands in line at this moment."""

    registration: Registration
    place_in_line: int | None
    """1 for the first in line; None unless it waits."""


INSERT_AND_COUNT = """
WITH new AS (
    SELECT *
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::bool[],
                  $8::int[])
           WITH ORDINALITY AS n (id, event_id, person_id, status, code, registered_at, waited, version, nth)
), counted AS (
    UPDATE events
       SET confirmed = confirmed + came.with_a_place, waiting = waiting + came.in_line,
           last_place = last_place + came.with_a_place + came.in_line
      FROM (SELECT event_id, count(*) FILTER (WHERE status = 'confirmed') AS with_a_place,
                   count(*) FILTER (WHERE status = 'waiting') AS in_line
              FROM new
             GROUP BY event_id) came
     WHERE events.id = came.event_id
    RETURNING events.id, last_place - came.with_a_place - came.in_line AS place_before
), registered AS (
    INSERT INTO registrations (id, event_id, person_id, status, place, code, registered_at, waited, version)
    SELECT new.id, event_id, person_id, status,
           place_before + row_number() OVER (PARTITION BY event_id ORDER BY nth),
           code, registered_at, waited, version
      FROM new
      JOIN counted ON counted.id = new.event_id
    RETURNING id, event_id, place, status
), queued AS (
    INSERT INTO waiting_places (event_id, place)
    SELECT event_id, place FROM registered WHERE status = 'waiting'
)
SELECT id, place FROM registered
"""


async def insert_all(conn: Conn, new: Sequence[Registration]) -> list[Registration]:
    """Store them with the next numbers in their events' order, in the order of the list; returns them with these."""
    rows = await conn.fetch(
        INSERT_AND_COUNT,
        [one.id for one in new],
        [one.event_id for one in new],
        [one.person_id for one in new],
        [one.status.value for one in new],
        [one.code for one in new],
        [one.registered_at for one in new],
        [one.waited for one in new],
        [one.version for one in new],
    )
    places = {row["id"]: row["place"] for row in rows}
    return [replace(one, place=places[one.id]) for one in new]


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
    return [registration_of(row) for row in rows]


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


async def save_attended(conn: Conn, attended: Sequence[Registration]) -> None:
    await conn.execute(
        """
        UPDATE registrations r
           SET attended_at = new.attended_at, version = new.version
          FROM unnest($1::uuid[], $2::timestamptz[], $3::int[]) AS new (id, attended_at, version)
         WHERE r.id = new.id
        """,
        [one.id for one in attended],
        [one.attended_at for one in attended],
        [one.version for one in attended],
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
        raise NothingHere
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
    found = registration_of(row)
    waits = found.status is Status.WAITING
    return Standing(registration=found, place_in_line=row["place_in_line"] if waits else None)
