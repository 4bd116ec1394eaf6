"""The number of a registration's ticket in PostgreSQL, beside the registration itself."""

from collections.abc import Collection
from uuid import UUID

from servicekit.database import Conn


async def number(conn: Conn, registration_id: UUID) -> int:
    """Of the ticket that counts."""
    found: int = await conn.fetchval("SELECT ticket FROM registrations WHERE id = $1", registration_id)
    return found


async def numbers(conn: Conn, registrations: Collection[UUID]) -> dict[UUID, int]:
    """The same of several registrations, in one statement, or in none where there are none."""
    if not registrations:
        return {}
    rows = await conn.fetch("SELECT id, ticket FROM registrations WHERE id = ANY($1::uuid[])", list(registrations))
    return {row["id"]: row["ticket"] for row in rows}


async def save_renewed(conn: Conn, registration_id: UUID) -> int:
    """Make the ticket worthless, and return the number of the one that counts from now on."""
    found: int = await conn.fetchval(
        "UPDATE registrations SET ticket = ticket + 1 WHERE id = $1 RETURNING ticket", registration_id
    )
    return found
