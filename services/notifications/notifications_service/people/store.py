"""Profiles, one row for each cell they came from; the newest is the one that is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptProfile:
    person_id: UUID
    cell: str
    version: int
    given_name: str
    family_name: str
    email: str


async def keep(conn: Conn, profiles: Sequence[KeptProfile]) -> None:
    """Keep the highest version of each; one statement may touch a row only once."""
    newest: dict[tuple[UUID, str], KeptProfile] = {}
    for profile in profiles:
        name = (profile.person_id, profile.cell)
        if name not in newest or newest[name].version < profile.version:
            newest[name] = profile
    rows = list(newest.values())
    await conn.execute(
        """
        INSERT INTO people AS kept (person_id, cell, version, given_name, family_name, email)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[])
            ON CONFLICT (person_id, cell) DO UPDATE
           SET version = excluded.version, given_name = excluded.given_name,
               family_name = excluded.family_name, email = excluded.email
         WHERE kept.version < excluded.version
        """,
        [row.person_id for row in rows],
        [row.cell for row in rows],
        [row.version for row in rows],
        [row.given_name for row in rows],
        [row.family_name for row in rows],
        [row.email for row in rows],
    )


async def forget(conn: Conn, person_id: UUID, cell: str, *, version: int) -> None:
    """Take away what came from this cell, unless something newer has come since."""
    await conn.execute(
        "DELETE FROM people WHERE person_id = $1 AND cell = $2 AND version <= $3", person_id, cell, version
    )
