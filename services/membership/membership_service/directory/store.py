"""The directory in the database: one function reads it, and decides by itself who may."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from membership_service.directory.model import Choice
from servicekit.database import Conn


async def page(
    conn: Conn,
    network_id: UUID,
    *,
    on: date,
    as_lead: bool,
    spellings: Sequence[str] | None,
    trust: str | None,
    job_role: str | None,
    titles: Mapping[str, str],
    after: Sequence[Any] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Members of the network on that day, as the caller may see them; nobody for whoever stands outside.

    spellings: of a name, as typed first. titles: job roles by code. A row's position is place, family, given, id.
    """
    rows = await conn.fetch(
        """
        SELECT place, family, given, id, given_name, family_name, trust, job_role, person_id, email, shown, since, until
          FROM directory_page($1, $2, $3, (SELECT array_agg(directory_folded(said) ORDER BY nth)
                                             FROM unnest($4::text[]) WITH ORDINALITY AS typed (said, nth)),
                              $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        network_id,
        on,
        as_lead,
        spellings,
        trust,
        job_role,
        list(titles),
        list(titles.values()),
        *(after or (None, None, None, None)),
        limit,
    )
    return [dict(row) for row in rows]


async def choice(conn: Conn, person_id: UUID) -> Choice:
    """What a person chose; as everybody is shown, where they never did."""
    row = await conn.fetchrow("SELECT shown, version FROM directory_choices WHERE person_id = $1", person_id)
    if row is None:
        return Choice(person_id=person_id)
    return Choice(person_id=person_id, shown=row["shown"], version=row["version"])


async def save(conn: Conn, choice: Choice, *, at: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO directory_choices (person_id, shown, version, chosen_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (person_id) DO UPDATE
           SET shown = excluded.shown, version = excluded.version, chosen_at = excluded.chosen_at
        """,
        choice.person_id,
        choice.shown,
        choice.version,
        at,
    )
