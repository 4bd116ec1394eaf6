"""Organisations in the database. They are public: no policy hides one."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from asyncpg import Record

from membership_service.organisations.model import Directory, Organisation, searched
from servicekit.database import Conn


async def directory(conn: Conn) -> Directory:
    """All organisations, by code and by every name that they have or had."""
    rows = await conn.fetch(
        """
        SELECT id, ods_code, name, sector, network_id, home_id, closed, until, successor_code, searched
          FROM organisations
         UNION ALL
        SELECT o.id, o.ods_code, o.name, o.sector, o.network_id, o.home_id, o.closed, o.until, o.successor_code,
               n.searched
          FROM organisations o
          JOIN organisation_names n ON n.organisation_id = o.id
        """
    )
    return Directory.of((_organisation(row), row["searched"]) for row in rows)


async def of_network(conn: Conn, network_id: UUID) -> Organisation | None:
    """The organisation that a network stands for."""
    row = await conn.fetchrow(
        """
        SELECT id, ods_code, name, sector, network_id, home_id, closed, until, successor_code
          FROM organisations
         WHERE network_id = $1
        """,
        network_id,
    )
    return _organisation(row) if row else None


async def find_with_network(conn: Conn, name: str) -> Organisation | None:
    """The open one that has, or had, this name and has a network of its own; None where none or several have."""
    rows = await conn.fetch(
        """
        SELECT id, ods_code, name, sector, network_id, home_id, closed, until, successor_code
          FROM organisations
         WHERE network_id IS NOT NULL AND NOT closed
           AND (searched = $1 OR id IN (SELECT organisation_id FROM organisation_names WHERE searched = $1))
        """,
        searched(name),
    )
    return _organisation(rows[0]) if len(rows) == 1 else None


async def get(conn: Conn, organisation_id: UUID) -> Organisation:
    row = await conn.fetchrow(
        """
        SELECT id, ods_code, name, sector, network_id, home_id, closed, until, successor_code
          FROM organisations
         WHERE id = $1
        """,
        organisation_id,
    )
    assert row is not None, "a membership's organisation is never taken away"
    return _organisation(row)


async def keep(conn: Conn, organisation: Organisation) -> Organisation:
    """Write one without a code down where it is not known yet; returns the one that is there."""
    await save_new(conn, [organisation])
    row = await conn.fetchrow(
        """
        SELECT id, ods_code, name, sector, network_id, home_id, closed, until, successor_code
          FROM organisations
         WHERE searched = $1 AND home_id = $2 AND ods_code IS NULL
        """,
        searched(organisation.name),
        organisation.home_id,
    )
    assert row is not None
    return _organisation(row)


async def save_new(conn: Conn, organisations: Sequence[Organisation]) -> None:
    """Write those without a code down that are not known yet, by name and home."""
    await conn.execute(
        """
        INSERT INTO organisations (id, name, sector, home_id, searched)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[])
            ON CONFLICT DO NOTHING
        """,
        [o.id for o in organisations],
        [o.name for o in organisations],
        [o.sector for o in organisations],
        [o.home_id for o in organisations],
        [searched(o.name) for o in organisations],
    )


async def save_many(conn: Conn, organisations: Sequence[Organisation]) -> None:
    """Write those with a code as they now are."""
    await conn.execute(
        """
        INSERT INTO organisations AS kept
               (id, ods_code, name, sector, network_id, closed, until, successor_code, searched)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::bool[], $7::date[],
                             $8::text[], $9::text[])
            ON CONFLICT (id) DO UPDATE
           SET name = excluded.name, sector = excluded.sector, network_id = excluded.network_id,
               closed = excluded.closed, until = excluded.until, successor_code = excluded.successor_code,
               searched = excluded.searched
        """,
        [o.id for o in organisations],
        [o.ods_code for o in organisations],
        [o.name for o in organisations],
        [o.sector for o in organisations],
        [o.network_id for o in organisations],
        [o.closed for o in organisations],
        [o.until for o in organisations],
        [o.successor_code for o in organisations],
        [searched(o.name) for o in organisations],
    )


async def save_names(conn: Conn, names: Sequence[tuple[UUID, str, date]]) -> None:
    """Names under the same code: organisation, name, first day on which a list carries it."""
    await conn.execute(
        """
        INSERT INTO organisation_names (organisation_id, name, named_from, searched)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::date[], $4::text[])
            ON CONFLICT (organisation_id, named_from) DO UPDATE
           SET name = excluded.name, searched = excluded.searched
        """,
        [organisation_id for organisation_id, _, _ in names],
        [name for _, name, _ in names],
        [named_from for _, _, named_from in names],
        [searched(name) for _, name, _ in names],
    )


async def rename(conn: Conn, network_id: UUID, name: str, *, former: str, named_from: date) -> None:
    """Another name of the organisation that a network stands for; by the former one it is found as before."""
    await conn.execute(
        """
        INSERT INTO organisation_names (organisation_id, name, named_from, searched)
        SELECT id, $2, coalesce((SELECT max(described_from) FROM network_descriptions
                                  WHERE network_id = $1 AND described_from < $4), $4::date - 1), $3
          FROM organisations
         WHERE network_id = $1
            ON CONFLICT (organisation_id, named_from) DO NOTHING
        """,
        network_id,
        former,
        searched(former),
        named_from,
    )
    await conn.execute(
        "UPDATE organisations SET name = $2, searched = $3 WHERE network_id = $1", network_id, name, searched(name)
    )


async def close(conn: Conn, network_id: UUID, *, until: date, successor_code: str | None) -> None:
    """The organisation that a network stands for has a last day."""
    await conn.execute(
        "UPDATE organisations SET closed = true, until = $2, successor_code = $3 WHERE network_id = $1",
        network_id,
        until,
        successor_code,
    )


def _organisation(row: Record) -> Organisation:
    return Organisation(
        id=row["id"],
        ods_code=row["ods_code"],
        name=row["name"],
        sector=row["sector"],
        network_id=row["network_id"],
        home_id=row["home_id"],
        closed=row["closed"],
        until=row["until"],
        successor_code=row["successor_code"],
    )
