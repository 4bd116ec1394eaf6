"""Changes of networks in the database, and the people whom they concern."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from membership_service.changes.model import Change, Wish
from membership_service.grants.model import Grant
from servicekit.database import Conn
from servicekit.problem import NothingHere


async def get(conn: Conn, change_id: UUID) -> Change:
    """Raises NothingHere."""
    row = await conn.fetchrow(
        """
        SELECT id, network_id, what, day, name, parent_id, successor_id, from_file, planned_by, planned_at, state,
               settled_by, settled_at, why
          FROM network_changes
         WHERE id = $1
        """,
        change_id,
    )
    if row is None:
        raise NothingHere
    return _change(row)


async def lock(conn: Conn, change_id: UUID) -> Change:
    """Raises NothingHere."""
    await conn.execute("SELECT FROM network_changes WHERE id = $1 FOR UPDATE", change_id)
    return await get(conn, change_id)


async def in_state(conn: Conn, states: Sequence[str]) -> list[Change]:
    rows = await conn.fetch(
        """
        SELECT id, network_id, what, day, name, parent_id, successor_id, from_file, planned_by, planned_at, state,
               settled_by, settled_at, why
          FROM network_changes
         WHERE state = ANY($1::text[])
         ORDER BY day, id
        """,
        list(states),
    )
    return [_change(row) for row in rows]


async def next_due(conn: Conn, *, on: date) -> Change | None:
    """The earliest that is due, held; what is planned for one day, renames and moves before closures."""
    row = await conn.fetchrow(
        """
        SELECT id, network_id, what, day, name, parent_id, successor_id, from_file, planned_by, planned_at, state,
               settled_by, settled_at, why
          FROM network_changes
         WHERE state = 'pending' AND day <= $1
         ORDER BY day, what = 'closure', id
         LIMIT 1
           FOR UPDATE
        """,
        on,
    )
    return _change(row) if row else None


async def page(
    conn: Conn, *, state: str | None, network_id: UUID | None, after: Sequence[Any] | None, limit: int
) -> list[Change]:
    """In the order of their days."""
    day, last = after or (None, None)
    rows = await conn.fetch(
        """
        SELECT id, network_id, what, day, name, parent_id, successor_id, from_file, planned_by, planned_at, state,
               settled_by, settled_at, why
          FROM network_changes
         WHERE ($1::text IS NULL OR state = $1) AND ($2::uuid IS NULL OR network_id = $2)
           AND ($3::date IS NULL OR (day, id) > ($3, $4::uuid))
         ORDER BY day, id
         LIMIT $5
        """,
        state,
        network_id,
        day,
        last,
        limit,
    )
    return [_change(row) for row in rows]


async def add_many(conn: Conn, changes: Sequence[Change]) -> None:
    await conn.execute(
        """
        INSERT INTO network_changes
               (id, network_id, what, day, name, parent_id, successor_id, from_file, planned_by, planned_at, state)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::text[], $6::uuid[], $7::uuid[],
                             $8::bool[], $9::uuid[], $10::timestamptz[], $11::text[])
        """,
        [c.id for c in changes],
        [c.wish.network_id for c in changes],
        [c.wish.what for c in changes],
        [c.wish.day for c in changes],
        [c.wish.name for c in changes],
        [c.wish.parent_id for c in changes],
        [c.wish.successor_id for c in changes],
        [c.from_file for c in changes],
        [c.planned_by for c in changes],
        [c.planned_at for c in changes],
        [c.state for c in changes],
    )


async def save_settled(conn: Conn, changes: Sequence[Change]) -> None:
    await conn.execute(
        """
        UPDATE network_changes AS kept
           SET state = new.state, settled_by = new.settled_by, settled_at = new.settled_at, why = new.why
          FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::text[])
               AS new (id, state, settled_by, settled_at, why)
         WHERE kept.id = new.id
        """,
        [c.id for c in changes],
        [c.state for c in changes],
        [c.settled_by for c in changes],
        [c.settled_at for c in changes],
        [c.why for c in changes],
    )


async def counts(conn: Conn, wishes: Sequence[Wish], *, now: datetime) -> list[tuple[int, int]]:
    """For each, how many memberships of the network go on from its day, and how many grants are held there."""
    rows = await conn.fetch(
        """
        SELECT (SELECT count(*) FROM memberships m
                 WHERE m.network_id = wished.id AND (m.until IS NULL OR m.until > wished.day)) AS members,
               (SELECT count(*) FROM grants g
                 WHERE g.network_id = wished.id AND (g.ends_at IS NULL OR g.ends_at > $3)) AS grants
          FROM unnest($1::uuid[], $2::date[]) WITH ORDINALITY AS wished (id, day, nth)
         ORDER BY nth
        """,
        [wish.network_id for wish in wishes],
        [wish.day for wish in wishes],
        now,
    )
    return [(row["members"], row["grants"]) for row in rows]


async def lock_people(conn: Conn, network_id: UUID, *, beyond: date, now: datetime) -> set[UUID]:
    """Hold everybody who is a member of the network beyond that day, or holds something there."""
    rows = await conn.fetch(
        """
        SELECT id FROM people
         WHERE id IN (SELECT person_id FROM memberships
                       WHERE network_id = $1 AND (until IS NULL OR until > $2)
                       UNION ALL
                      SELECT person_id FROM grants WHERE network_id = $1 AND (ends_at IS NULL OR ends_at > $3))
         ORDER BY id
           FOR UPDATE
        """,
        network_id,
        beyond,
        now,
    )
    return {row["id"] for row in rows}


async def people_concerned(conn: Conn, network_id: UUID, *, beyond: date, now: datetime) -> set[UUID]:
    """The same people, as they are by now."""
    rows = await conn.fetch(
        """
        SELECT person_id FROM memberships WHERE network_id = $1 AND (until IS NULL OR until > $2)
         UNION
        SELECT person_id FROM grants WHERE network_id = $1 AND (ends_at IS NULL OR ends_at > $3)
        """,
        network_id,
        beyond,
        now,
    )
    return {row["person_id"] for row in rows}


async def lock_networks(conn: Conn, ids: Sequence[UUID]) -> None:
    await conn.execute("SELECT FROM networks WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", list(ids))


async def grants_of(conn: Conn, people: Sequence[UUID], *, at: datetime) -> dict[UUID, list[Grant]]:
    """What these people hold at an instant, or will hold later."""
    rows = await conn.fetch(
        """
        SELECT g.id, g.person_id, g.network_id, n.path::text AS path, n.cell, g.role, g.starts_at, g.ends_at, g.given_by
          FROM grants g
          JOIN networks n ON n.id = g.network_id
         WHERE g.person_id = ANY($1::uuid[]) AND (g.ends_at IS NULL OR g.ends_at > $2)
         ORDER BY g.starts_at, g.id
        """,
        list(people),
        at,
    )
    found: dict[UUID, list[Grant]] = {person: [] for person in people}
    for row in rows:
        found[row["person_id"]].append(Grant(**row))
    return found


async def next_grants_versions(conn: Conn, people: Sequence[UUID]) -> dict[UUID, int]:
    rows = await conn.fetch(
        """
        UPDATE people SET grants_version = grants_version + 1
         WHERE id = ANY($1::uuid[])
        RETURNING id, grants_version
        """,
        list(people),
    )
    return {row["id"]: row["grants_version"] for row in rows}


def _change(row: Record) -> Change:
    return Change(
        id=row["id"],
        wish=Wish(
            network_id=row["network_id"],
            what=row["what"],
            day=row["day"],
            name=row["name"],
            parent_id=row["parent_id"],
            successor_id=row["successor_id"],
        ),
        from_file=row["from_file"],
        planned_by=row["planned_by"],
        planned_at=row["planned_at"],
        state=row["state"],
        settled_by=row["settled_by"],
        settled_at=row["settled_at"],
        why=row["why"],
    )
