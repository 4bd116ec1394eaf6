"""Names as membership tells them, once for each cell; the highest version wins."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from events_service.people.names import searched_as
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    person_id: UUID
    cell: str
    """Whose topic told it."""
    version: int
    given_name: str
    family_name: str


def named(person: str) -> str:
    """The join that finds a person's newest name, as `named`. person: the column of the query that holds their id."""
    return f"""LEFT JOIN LATERAL (
               SELECT p.given_name, p.family_name, p.searched_as
                 FROM profiles p
                WHERE p.person_id = {person}
                ORDER BY p.version DESC, p.cell
                LIMIT 1
           ) named ON true"""


async def keep(conn: Conn, names: Sequence[Name]) -> None:
    newest: dict[tuple[UUID, str], Name] = {}
    for name in sorted(names, key=lambda name: name.version):
        newest[name.person_id, name.cell] = name
    rows = list(newest.values())
    await conn.execute(
        """
        INSERT INTO profiles AS kept (person_id, cell, version, given_name, family_name, searched_as)
        SELECT person_id, cell, version, given_name, family_name, searched_as
          FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[])
               AS new (person_id, cell, version, given_name, family_name, searched_as)
            ON CONFLICT (person_id, cell) DO UPDATE
           SET version = excluded.version, given_name = excluded.given_name,
               family_name = excluded.family_name, searched_as = excluded.searched_as
         WHERE kept.version < excluded.version
        """,
        [row.person_id for row in rows],
        [row.cell for row in rows],
        [row.version for row in rows],
        [row.given_name for row in rows],
        [row.family_name for row in rows],
        [searched_as(f"{row.family_name} {row.given_name}") for row in rows],
    )


async def drop(conn: Conn, person_id: UUID, cell: str, *, version: int) -> None:
    """Forget what this cell told; what other cells told stays."""
    await conn.execute(
        "DELETE FROM profiles WHERE person_id = $1 AND cell = $2 AND version <= $3", person_id, cell, version
    )
