"""Which sign-in is which person; the subject is kept as a hash only."""

from datetime import datetime
from uuid import UUID

from servicekit.database import Conn


async def count(conn: Conn, person_id: UUID) -> int:
    """How many sign-ins are linked to a person."""
    number: int = await conn.fetchval("SELECT count(*) FROM identities WHERE person_id = $1", person_id)
    return number


async def is_linked(conn: Conn, *, issuer: str, subject_hash: str, person_id: UUID) -> bool:
    """Whether this sign-in is this person's."""
    found: bool = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM identities WHERE issuer = $1 AND subject_hash = $2 AND person_id = $3)",
        issuer,
        subject_hash,
        person_id,
    )
    return found


async def add(conn: Conn, *, issuer: str, subject_hash: str, person_id: UUID, at: datetime) -> bool:
    """False where this sign-in is linked already."""
    done = await conn.execute(
        """
        INSERT INTO identities (issuer, subject_hash, person_id, linked_at)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING
        """,
        issuer,
        subject_hash,
        person_id,
        at,
    )
    return bool(done == "INSERT 0 1")
