"""Registrations as requests look them up: whose one is and at which event, and all that a group names, at once.

What is asked for a whole group is looked up one row at a time, by `LATERAL` and `LIMIT`: a plan made while the table
was empty is kept as it grows, and would otherwise read an index from end to end. Only one index may fit what is asked
inside: between two that look the same for an empty table the planner takes either.
"""

from collections.abc import Sequence
from uuid import UUID

from events_service.registrations.model import Registration
from events_service.registrations.rows import registration_of
from servicekit.database import Conn
from servicekit.problem import NothingHere


async def codes_taken(conn: Conn, drawn: Sequence[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Which of these codes registrations of these events have already."""
    rows = await conn.fetch(
        """
        SELECT taken.event_id, taken.code
          FROM unnest($1::uuid[], $2::text[]) AS drawn (event_id, code)
         CROSS JOIN LATERAL (SELECT event_id, code FROM registrations r
                              WHERE r.event_id = drawn.event_id AND r.code = drawn.code
                              LIMIT 1) AS taken
        """,
        [event_id for event_id, _ in drawn],
        [code for _, code in drawn],
    )
    return {(row["event_id"], row["code"]) for row in rows}


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
        raise NothingHere
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
        raise NothingHere
    return row["person_id"], row["path"]


async def named(conn: Conn, names: Sequence[tuple[UUID, UUID | str]]) -> dict[tuple[UUID, UUID | str], Registration]:
    """Registrations by event, and their id or code; only those that are there."""
    by_id = [(event_id, name) for event_id, name in names if isinstance(name, UUID)]
    by_code = [(event_id, name) for event_id, name in names if isinstance(name, str)]
    rows = await conn.fetch(
        """
        SELECT found.*, false AS by_code
          FROM unnest($1::uuid[], $2::uuid[]) AS wanted (event_id, id)
         CROSS JOIN LATERAL (SELECT id, event_id, person_id, status, place, code, registered_at, waited, attended_at,
                                    flag, version
                               FROM registrations r
                              WHERE r.id = wanted.id
                              LIMIT 1) AS found
         WHERE found.event_id = wanted.event_id
         UNION ALL
        SELECT found.*, true
          FROM unnest($3::uuid[], $4::text[]) AS wanted (event_id, code)
         CROSS JOIN LATERAL (SELECT id, event_id, person_id, status, place, code, registered_at, waited, attended_at,
                                    flag, version
                               FROM registrations r
                              WHERE r.event_id = wanted.event_id AND r.code = wanted.code
                              LIMIT 1) AS found
        """,
        [event_id for event_id, _ in by_id],
        [name for _, name in by_id],
        [event_id for event_id, _ in by_code],
        [name for _, name in by_code],
    )
    return {(row["event_id"], row["code"] if row["by_code"] else row["id"]): registration_of(row) for row in rows}


async def live_of(conn: Conn, who: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Registration]:
    """Of each (event, person) the registration that is not cancelled, where there is one."""
    rows = await conn.fetch(
        """
        SELECT live.*
          FROM unnest($1::uuid[], $2::uuid[]) AS who (event_id, person_id)
         CROSS JOIN LATERAL (SELECT id, event_id, person_id, status, place, code, registered_at, waited, attended_at,
                                    flag, version
                               FROM registrations r
                              WHERE r.event_id = who.event_id AND r.person_id = who.person_id
                                AND status <> 'cancelled'
                              LIMIT 1) AS live
        """,
        [event_id for event_id, _ in who],
        [person_id for _, person_id in who],
    )
    return {(row["event_id"], row["person_id"]): registration_of(row) for row in rows}


async def find_live(conn: Conn, event_id: UUID, person_id: UUID) -> Registration | None:
    """The person's registration that is not cancelled, of which there is at most one."""
    return (await live_of(conn, [(event_id, person_id)])).get((event_id, person_id))
