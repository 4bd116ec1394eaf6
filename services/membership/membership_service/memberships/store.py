"""Memberships in the database, each with its latest description; earlier ones stay beside it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from membership_service.memberships.model import Description, Membership
from membership_service.people import store as people
from servicekit.database import Conn
from servicekit.problem import NothingHere


async def lock(conn: Conn, membership_id: UUID) -> Membership:
    """Hold the row of the membership's person, then read: all signals of a person are published under it.

    Called once somebody has decided that the caller may. Raises NothingHere.
    """
    seen = await get(conn, membership_id)
    await people.lock_many(conn, [seen.person_id], admitted=seen.person_id)
    return await get(conn, membership_id)


async def get(conn: Conn, membership_id: UUID) -> Membership:
    """Raises NothingHere."""
    row = await conn.fetchrow(
        """
        SELECT m.id, m.person_id, m.network_id, n.path::text AS path, n.cell, m.organisation_id, o.ods_code,
               m.main, m.since, m.until, m.version, d.job_role, d.sector, d.described_from
          FROM memberships m
          JOIN networks n ON n.id = m.network_id
          LEFT JOIN organisations o ON o.id = m.organisation_id
          JOIN LATERAL (SELECT job_role, sector, described_from FROM membership_descriptions
                         WHERE membership_id = m.id ORDER BY described_from DESC LIMIT 1) d ON true
         WHERE m.id = $1
        """,
        membership_id,
    )
    if row is None:
        raise NothingHere
    return _membership(row)


async def of_person(conn: Conn, person_id: UUID) -> list[Membership]:
    """All of a person's memberships that this transaction may see, past ones too, in the order of their first days."""
    return (await of_people(conn, [person_id])).get(person_id, [])


async def of_people(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, list[Membership]]:
    rows = await conn.fetch(
        """
        SELECT m.id, m.person_id, m.network_id, n.path::text AS path, n.cell, m.organisation_id, o.ods_code,
               m.main, m.since, m.until, m.version, d.job_role, d.sector, d.described_from
          FROM memberships m
          JOIN networks n ON n.id = m.network_id
          LEFT JOIN organisations o ON o.id = m.organisation_id
          JOIN LATERAL (SELECT job_role, sector, described_from FROM membership_descriptions
                         WHERE membership_id = m.id ORDER BY described_from DESC LIMIT 1) d ON true
         WHERE m.person_id = ANY($1::uuid[])
         ORDER BY m.since, m.id
        """,
        list(ids),
    )
    found: dict[UUID, list[Membership]] = {}
    for row in rows:
        found.setdefault(row["person_id"], []).append(_membership(row))
    return found


async def add_many(conn: Conn, memberships: Sequence[Membership]) -> None:
    await conn.execute(
        """
        INSERT INTO memberships (id, person_id, network_id, organisation_id, main, since, until, version)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bool[], $6::date[], $7::date[],
                             $8::int[])
        """,
        [m.id for m in memberships],
        [m.person_id for m in memberships],
        [m.network_id for m in memberships],
        [m.organisation_id for m in memberships],
        [m.main for m in memberships],
        [m.since for m in memberships],
        [m.until for m in memberships],
        [m.version for m in memberships],
    )
    await _describe(conn, memberships)


async def save_many(conn: Conn, memberships: Sequence[Membership]) -> None:
    if not memberships:
        return
    await conn.execute(
        """
        UPDATE memberships AS kept SET main = new.main, until = new.until, version = new.version
          FROM unnest($1::uuid[], $2::bool[], $3::date[], $4::int[]) AS new (id, main, until, version)
         WHERE kept.id = new.id
        """,
        [m.id for m in memberships],
        [m.main for m in memberships],
        [m.until for m in memberships],
        [m.version for m in memberships],
    )
    await _describe(conn, memberships)


async def _describe(conn: Conn, memberships: Sequence[Membership]) -> None:
    await conn.execute(
        """
        INSERT INTO membership_descriptions (membership_id, described_from, job_role, sector)
        SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::text[])
            ON CONFLICT (membership_id, described_from) DO UPDATE
           SET job_role = excluded.job_role, sector = excluded.sector
        """,
        [m.id for m in memberships],
        [m.description.described_from for m in memberships],
        [m.description.job_role for m in memberships],
        [m.description.sector for m in memberships],
    )


async def shown_of_person(
    conn: Conn, person_id: UUID, *, after: Sequence[Any] | None = None, limit: int = 200
) -> list[dict[str, Any]]:
    """What is shown of a person's memberships, the latest first."""
    since, last = after or (None, None)
    rows = await conn.fetch(
        """
        SELECT m.id, m.person_id, m.network_id, n.name AS network, n.path::text AS path, n.cell,
               o.name AS organisation, o.ods_code, m.main, m.since, m.until, m.version,
               d.job_role, d.sector, d.described_from
          FROM memberships m
          JOIN networks n ON n.id = m.network_id
          LEFT JOIN organisations o ON o.id = m.organisation_id
          JOIN LATERAL (SELECT job_role, sector, described_from FROM membership_descriptions
                         WHERE membership_id = m.id ORDER BY described_from DESC LIMIT 1) d ON true
         WHERE m.person_id = $1 AND ($2::date IS NULL OR (m.since, m.id) < ($2, $3::uuid))
         ORDER BY m.since DESC, m.id DESC
         LIMIT $4
        """,
        person_id,
        since,
        last,
        limit,
    )
    return [dict(row) for row in rows]


async def shown(conn: Conn, membership_id: UUID) -> dict[str, Any]:
    """What is shown of one membership. Raises NothingHere."""
    row = await conn.fetchrow(
        """
        SELECT m.id, m.person_id, m.network_id, n.name AS network, n.path::text AS path, n.cell,
               o.name AS organisation, o.ods_code, m.main, m.since, m.until, m.version,
               d.job_role, d.sector, d.described_from
          FROM memberships m
          JOIN networks n ON n.id = m.network_id
          LEFT JOIN organisations o ON o.id = m.organisation_id
          JOIN LATERAL (SELECT job_role, sector, described_from FROM membership_descriptions
                         WHERE membership_id = m.id ORDER BY described_from DESC LIMIT 1) d ON true
         WHERE m.id = $1
        """,
        membership_id,
    )
    if row is None:
        raise NothingHere
    return dict(row)


async def members_page(
    conn: Conn, path: str, *, on: date, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Members on that day of the network at this path and of those below it, by name."""
    family, given, last = after or (None, None, None)
    rows = await conn.fetch(
        """
        SELECT p.id AS person_id, p.given_name, p.family_name, m.id AS membership_id, n.id AS network_id,
               n.name AS network, n.path::text AS path, m.main, m.since, m.until, d.job_role, d.sector
          FROM networks n
          JOIN memberships m ON m.network_id = n.id
          JOIN people p ON p.id = m.person_id
          JOIN LATERAL (SELECT job_role, sector FROM membership_descriptions
                         WHERE membership_id = m.id ORDER BY described_from DESC LIMIT 1) d ON true
         WHERE n.path <@ $1::text::ltree AND m.since <= $2 AND (m.until IS NULL OR $2 <= m.until)
           AND ($3::text IS NULL OR (p.family_name, p.given_name, m.id) > ($3, $4, $5::uuid))
         ORDER BY p.family_name, p.given_name, m.id
         LIMIT $6
        """,
        path,
        on,
        family,
        given,
        last,
        limit,
    )
    return [dict(row) for row in rows]


def _membership(row: Record) -> Membership:
    return Membership(
        id=row["id"],
        person_id=row["person_id"],
        network_id=row["network_id"],
        path=row["path"],
        cell=row["cell"],
        organisation_id=row["organisation_id"],
        organisation_code=row["ods_code"],
        main=row["main"],
        since=row["since"],
        until=row["until"],
        description=Description(job_role=row["job_role"], sector=row["sector"], described_from=row["described_from"]),
        version=row["version"],
    )
