"""What an import reads and writes: many rows, few statements, and never one for each row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from membership_service.people.model import Person
from servicekit.database import Conn


async def lock_by_address(conn: Conn, addresses: Sequence[str]) -> dict[str, Person]:
    """Hold the persons with these addresses, then read them; by address in small letters."""
    await conn.execute(
        """
        SELECT FROM people
         WHERE email = ANY($1::text[]::citext[]) AND erased_at IS NULL
         ORDER BY id
           FOR UPDATE
        """,
        list(addresses),
    )
    return await find_by_address(conn, addresses)


async def find_by_address(conn: Conn, addresses: Sequence[str]) -> dict[str, Person]:
    rows = await conn.fetch(
        """
        SELECT id, given_name, family_name, email::text AS email, language, version
          FROM people
         WHERE email = ANY($1::text[]::citext[]) AND erased_at IS NULL
        """,
        list(addresses),
    )
    return {
        row["email"].casefold(): Person(
            id=row["id"],
            given_name=row["given_name"],
            family_name=row["family_name"],
            email=row["email"],
            language=row["language"],
            version=row["version"],
        )
        for row in rows
    }


async def erased_meanwhile(conn: Conn, addresses: Sequence[str]) -> set[str]:
    """Those of these addresses whose persons were erased since the import began; in small letters."""
    rows = await conn.fetch(
        """
        SELECT address
          FROM unnest($1::text[]) AS address
          JOIN erasures e ON e.address_hash = sha256(convert_to(lower(address), 'UTF8'))
        """,
        list(addresses),
    )
    return {row["address"].casefold() for row in rows}


async def add_people(conn: Conn, people: Sequence[Person], *, at: datetime) -> set[UUID]:
    """Register them; returns the ids of those whose address nobody else took meanwhile."""
    rows = await conn.fetch(
        """
        INSERT INTO people (id, given_name, family_name, email, language, version, registered_at)
        SELECT id, given_name, family_name, email::citext, language, version, $7
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[])
               AS new (id, given_name, family_name, email, language, version)
            ON CONFLICT (email) WHERE erased_at IS NULL DO NOTHING
        RETURNING id
        """,
        [p.id for p in people],
        [p.given_name for p in people],
        [p.family_name for p in people],
        [p.email for p in people],
        [p.language for p in people],
        [p.version for p in people],
        at,
    )
    return {row["id"] for row in rows}


async def page(
    conn: Conn, kinds: Sequence[str], *, before: tuple[datetime, UUID] | None, limit: int
) -> list[dict[str, Any]]:
    """The caller's own imports, the latest first, without their reports."""
    instant, last = before or (None, None)
    rows = await conn.fetch(
        """
        SELECT id, kind, title, state, done, total, message, created_at, finished_at
          FROM servicekit.jobs
         WHERE kind = ANY($1::text[])
           AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $4
        """,
        list(kinds),
        instant,
        last,
        limit,
    )
    return [dict(row) for row in rows]
