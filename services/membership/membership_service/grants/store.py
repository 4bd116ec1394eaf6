"""Grants in the database; decisions about giving them are made on these rows, never on a projection."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from membership_service.grants.model import Grant
from servicekit.database import Conn
from servicekit.problem import NothingHere

NATIONAL_LEADS_LOCK = 0x6C65616473  # "leads": two of them never end side by side


async def get(conn: Conn, grant_id: UUID) -> Grant:
    """Raises NothingHere."""
    row = await conn.fetchrow(
        """
        SELECT g.id, g.person_id, g.network_id, n.path::text AS path, n.cell, g.role, g.starts_at, g.ends_at, g.given_by
          FROM grants g
          JOIN networks n ON n.id = g.network_id
         WHERE g.id = $1
        """,
        grant_id,
    )
    if row is None:
        raise NothingHere
    return _grant(row)


async def held_by(conn: Conn, person_id: UUID, *, at: datetime) -> list[Grant]:
    """What a person holds at an instant, or will hold later."""
    rows = await conn.fetch(
        """
        SELECT g.id, g.person_id, g.network_id, n.path::text AS path, n.cell, g.role, g.starts_at, g.ends_at, g.given_by
          FROM grants g
          JOIN networks n ON n.id = g.network_id
         WHERE g.person_id = $1 AND (g.ends_at IS NULL OR g.ends_at > $2)
         ORDER BY g.starts_at, g.id
        """,
        person_id,
        at,
    )
    return [_grant(row) for row in rows]


async def page_at(conn: Conn, network_id: UUID, *, at: datetime, after: UUID | None, limit: int) -> list[Grant]:
    """Grants at this very network that are not over at that instant."""
    rows = await conn.fetch(
        """
        SELECT g.id, g.person_id, g.network_id, n.path::text AS path, n.cell, g.role, g.starts_at, g.ends_at, g.given_by
          FROM grants g
          JOIN networks n ON n.id = g.network_id
         WHERE g.network_id = $1 AND (g.ends_at IS NULL OR g.ends_at > $2) AND ($3::uuid IS NULL OR g.id > $3)
         ORDER BY g.id
         LIMIT $4
        """,
        network_id,
        at,
        after,
        limit,
    )
    return [_grant(row) for row in rows]


async def hold_national_leads(conn: Conn) -> None:
    """Wait until nobody else ends a national lead, and keep others from it until this transaction ends."""
    await conn.execute("SELECT pg_advisory_xact_lock($1)", NATIONAL_LEADS_LOCK)


async def leads_at(conn: Conn, ids: Sequence[UUID], *, besides: UUID, at: datetime) -> list[Grant]:
    """Grants of other people that make them lead at these very networks, at that instant or later."""
    rows = await conn.fetch(
        """
        SELECT g.id, g.person_id, g.network_id, n.path::text AS path, n.cell, g.role, g.starts_at, g.ends_at, g.given_by
          FROM grants g
          JOIN networks n ON n.id = g.network_id
         WHERE g.network_id = ANY($1::uuid[]) AND g.role = 'lead' AND g.person_id <> $2
           AND (g.ends_at IS NULL OR g.ends_at > $3)
        """,
        list(ids),
        besides,
        at,
    )
    return [_grant(row) for row in rows]


async def a_lead_at(conn: Conn, network_id: UUID, *, at: datetime) -> bool:
    """Whether anybody is lead at this network, or will be."""
    found: bool = await conn.fetchval(
        """
        SELECT EXISTS (SELECT FROM grants
                        WHERE network_id = $1 AND role = 'lead' AND (ends_at IS NULL OR ends_at > $2))
        """,
        network_id,
        at,
    )
    return found


async def add(conn: Conn, grant: Grant) -> None:
    await conn.execute(
        """
        INSERT INTO grants (id, person_id, network_id, role, starts_at, ends_at, given_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        grant.id,
        grant.person_id,
        grant.network_id,
        grant.role,
        grant.starts_at,
        grant.ends_at,
        grant.given_by,
    )


async def save_ends(conn: Conn, grants: Sequence[Grant]) -> None:
    await conn.execute(
        """
        UPDATE grants SET ends_at = new.ends_at
          FROM unnest($1::uuid[], $2::timestamptz[]) AS new (id, ends_at)
         WHERE grants.id = new.id
        """,
        [grant.id for grant in grants],
        [grant.ends_at for grant in grants],
    )


async def next_version(conn: Conn, person_id: UUID) -> int:
    """Of what a person holds, in whichever cell."""
    version: int = await conn.fetchval(
        "UPDATE people SET grants_version = grants_version + 1 WHERE id = $1 RETURNING grants_version", person_id
    )
    return version


def _grant(row: Record) -> Grant:
    return Grant(
        id=row["id"],
        person_id=row["person_id"],
        network_id=row["network_id"],
        path=row["path"],
        cell=row["cell"],
        role=row["role"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        given_by=row["given_by"],
    )
