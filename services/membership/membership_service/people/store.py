"""Persons in the database; whoever is locked here is admitted to this transaction, with all that hangs on them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from membership_service.people.model import AddressInUse, Person, PersonNotFound
from servicekit.database import Conn, admit


async def lock(conn: Conn, person_id: UUID) -> Person:
    """Hold the person's row, then read it: all signals about a person are published under it.

    Called once somebody has decided that the caller may. Raises PersonNotFound.
    """
    await lock_many(conn, [person_id], admitted=person_id)
    return await get(conn, person_id)


async def lock_many(conn: Conn, ids: Sequence[UUID], *, admitted: UUID) -> None:
    """Hold several rows, always in the same order. admitted: the one whom the transaction is about."""
    await admit(conn, admitted)
    await conn.execute("SELECT FROM people WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", list(ids))


async def get(conn: Conn, person_id: UUID) -> Person:
    """Raises PersonNotFound."""
    row = await conn.fetchrow(
        """
        SELECT id, given_name, family_name, email::text AS email, language, version
          FROM people
         WHERE id = $1 AND erased_at IS NULL
        """,
        person_id,
    )
    if row is None:
        raise PersonNotFound(f"There is no person {person_id} that you can see.")
    return _person(row)


async def find_by_address(conn: Conn, address: str) -> Person | None:
    row = await conn.fetchrow(
        """
        SELECT id, given_name, family_name, email::text AS email, language, version
          FROM people
         WHERE email = $1::text::citext AND erased_at IS NULL
        """,
        address,
    )
    return _person(row) if row else None


async def add(conn: Conn, person: Person, *, at: datetime) -> None:
    """Raises AddressInUse."""
    await admit(conn, person.id)
    try:
        await conn.execute(
            """
            INSERT INTO people (id, given_name, family_name, email, language, version, registered_at)
            VALUES ($1, $2, $3, $4::text::citext, $5, $6, $7)
            """,
            person.id,
            person.given_name,
            person.family_name,
            person.email,
            person.language,
            person.version,
            at,
        )
    except asyncpg.UniqueViolationError:
        raise _in_use(person) from None


async def save(conn: Conn, person: Person) -> None:
    """Raises AddressInUse."""
    try:
        await conn.execute(
            """
            UPDATE people
               SET given_name = $2, family_name = $3, email = $4::text::citext, language = $5, version = $6
             WHERE id = $1
            """,
            person.id,
            person.given_name,
            person.family_name,
            person.email,
            person.language,
            person.version,
        )
    except asyncpg.UniqueViolationError:
        raise _in_use(person) from None


def _in_use(person: Person) -> AddressInUse:
    return AddressInUse(f"{person.email} is registered for somebody else: an address is one person's.")


def _person(row: asyncpg.Record) -> Person:
    return Person(
        id=row["id"],
        given_name=row["given_name"],
        family_name=row["family_name"],
        email=row["email"],
        language=row["language"],
        version=row["version"],
    )
