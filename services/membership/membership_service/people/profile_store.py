"""Where profiles stand and where they should: cells of current memberships, the national one for a guest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from membership_service.people.model import Person
from servicekit.database import Conn


@dataclass(frozen=True, slots=True)
class Placed:
    """A person with the cells where their profile should stand, each with a network of theirs there."""

    person: Person
    networks: Mapping[str, str]
    """Cell to the path of a network."""


async def places(conn: Conn, ids: Sequence[UUID], *, on: date) -> dict[UUID, Placed]:
    """Those of these persons who are not erased."""
    rows = await conn.fetch(
        """
        SELECT p.id, p.given_name, p.family_name, p.email::text AS email, p.language, p.version,
               coalesce(array_agg(current.cell) FILTER (WHERE current.cell IS NOT NULL), '{national}') AS cells,
               coalesce(array_agg(current.path) FILTER (WHERE current.cell IS NOT NULL), '{national}') AS paths
          FROM people p
          LEFT JOIN LATERAL (SELECT n.cell, min(n.path::text) AS path
                               FROM memberships m
                               JOIN networks n ON n.id = m.network_id
                              WHERE m.person_id = p.id AND m.since <= $2 AND (m.until IS NULL OR $2 <= m.until)
                              GROUP BY n.cell) current ON true
         WHERE p.id = ANY($1::uuid[]) AND p.erased_at IS NULL
         GROUP BY p.id
        """,
        list(ids),
        on,
    )
    return {
        row["id"]: Placed(
            Person(
                id=row["id"],
                given_name=row["given_name"],
                family_name=row["family_name"],
                email=row["email"],
                language=row["language"],
                version=row["version"],
            ),
            dict(zip(row["cells"], row["paths"], strict=True)),
        )
        for row in rows
    }


async def announced(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """The cells where these persons' profiles stand, as they were last announced."""
    rows = await conn.fetch(
        """
        SELECT person_id, array_agg(cell) AS cells
          FROM person_cells
         WHERE person_id = ANY($1::uuid[])
         GROUP BY person_id
        """,
        list(ids),
    )
    return {row["person_id"]: set(row["cells"]) for row in rows}


async def next_versions(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = await conn.fetch(
        """
        UPDATE people
           SET profile_version = profile_version + 1
         WHERE id = ANY($1::uuid[])
        RETURNING id, profile_version
        """,
        list(ids),
    )
    return {row["id"]: row["profile_version"] for row in rows}


async def place(conn: Conn, added: Sequence[tuple[UUID, str]], removed: Sequence[tuple[UUID, str]]) -> None:
    """Record where profiles stand from now on."""
    if removed:
        await conn.execute(
            """
            DELETE FROM person_cells
             USING unnest($1::uuid[], $2::text[]) AS gone (person_id, cell)
             WHERE person_cells.person_id = gone.person_id AND person_cells.cell = gone.cell
            """,
            [person_id for person_id, _ in removed],
            [cell for _, cell in removed],
        )
    if added:
        await conn.execute(
            """
            INSERT INTO person_cells (person_id, cell)
            SELECT * FROM unnest($1::uuid[], $2::text[])
                ON CONFLICT DO NOTHING
            """,
            [person_id for person_id, _ in added],
            [cell for _, cell in added],
        )


async def lock_misplaced(conn: Conn, *, on: date, limit: int) -> list[UUID]:
    """Hold persons whose profiles do not stand where they should on that day; those held elsewhere come later."""
    rows = await conn.fetch(
        """
        WITH here AS (
            SELECT DISTINCT m.person_id, n.cell
              FROM memberships m
              JOIN networks n ON n.id = m.network_id
             WHERE m.since <= $1 AND (m.until IS NULL OR $1 <= m.until)
        ), wanted AS (
            SELECT person_id, cell FROM here
             UNION ALL
            SELECT id, 'national' FROM people WHERE erased_at IS NULL AND id NOT IN (SELECT person_id FROM here)
        ), differing AS (
            (SELECT person_id, cell FROM wanted EXCEPT SELECT person_id, cell FROM person_cells)
             UNION ALL
            (SELECT person_id, cell FROM person_cells EXCEPT SELECT person_id, cell FROM wanted)
        )
        SELECT id FROM people
         WHERE id IN (SELECT person_id FROM differing) AND erased_at IS NULL
         ORDER BY id
         LIMIT $2
           FOR UPDATE SKIP LOCKED
        """,
        on,
        limit,
    )
    return [row["id"] for row in rows]
