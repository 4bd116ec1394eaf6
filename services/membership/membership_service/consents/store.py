"""Consents in the database, each with every answer before it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from membership_service.consents.model import Consent
from servicekit.database import Conn


async def find(conn: Conn, person_id: UUID, agreement_id: UUID) -> Consent:
    """The person's word; version 0 where they never answered."""
    row = await conn.fetchrow(
        "SELECT given, at, version FROM consents WHERE person_id = $1 AND agreement_id = $2", person_id, agreement_id
    )
    if row is None:
        return Consent(person_id=person_id, agreement_id=agreement_id)
    return Consent(
        person_id=person_id, agreement_id=agreement_id, given=row["given"], at=row["at"], version=row["version"]
    )


async def concerns(conn: Conn, person_id: UUID, networks: Sequence[UUID], *, on: date) -> bool:
    """Whether the person is a member, on that day, of one of these networks or below."""
    found: bool = await conn.fetchval(
        """
        SELECT EXISTS (SELECT FROM memberships m
                         JOIN networks n ON n.id = m.network_id
                         JOIN networks agreed ON agreed.path @> n.path
                        WHERE m.person_id = $1 AND m.since <= $3 AND (m.until IS NULL OR $3 <= m.until)
                          AND agreed.id = ANY($2::uuid[]))
        """,
        person_id,
        list(networks),
        on,
    )
    return found


async def save(conn: Conn, consent: Consent) -> None:
    await conn.execute(
        """
        WITH answered AS (
            INSERT INTO consent_history (person_id, agreement_id, given, at, version)
            VALUES ($1, $2, $3, $4, $5)
        )
        INSERT INTO consents (person_id, agreement_id, given, at, version)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (person_id, agreement_id) DO UPDATE
           SET given = excluded.given, at = excluded.at, version = excluded.version
        """,
        consent.person_id,
        consent.agreement_id,
        consent.given,
        consent.at,
        consent.version,
    )


async def shown_of_person(
    conn: Conn, person_id: UUID, *, on: date, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Agreements that are not over and ask for this person's consent, or have it, with their word on each."""
    rows = await conn.fetch(
        """
        SELECT a.id, a.body, a.purpose, a.network_id, n.name AS network, a.consent_needed, a.fields, a.starts_on,
               a.ends_on, coalesce(c.given, false) AS given, c.at, coalesce(c.version, 0) AS version
          FROM agreements a
          JOIN networks n ON n.id = a.network_id
          LEFT JOIN consents c ON c.agreement_id = a.id AND c.person_id = $1
         WHERE cardinality(a.consent_needed) > 0 AND a.ends_on >= $2 AND ($3::uuid IS NULL OR a.id > $3)
           AND (c.given
                OR EXISTS (SELECT FROM memberships m
                             JOIN networks mine ON mine.id = m.network_id
                             JOIN networks agreed ON agreed.path @> mine.path
                            WHERE m.person_id = $1 AND m.since <= $2 AND (m.until IS NULL OR $2 <= m.until)
                              AND agreed.id = ANY(a.networks)))
         ORDER BY a.id
         LIMIT $4
        """,
        person_id,
        on,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def shown(conn: Conn, person_id: UUID, agreement_id: UUID) -> dict[str, Any]:
    """One agreement with the person's word on it."""
    row = await conn.fetchrow(
        """
        SELECT a.id, a.body, a.purpose, a.network_id, n.name AS network, a.consent_needed, a.fields, a.starts_on,
               a.ends_on, coalesce(c.given, false) AS given, c.at, coalesce(c.version, 0) AS version
          FROM agreements a
          JOIN networks n ON n.id = a.network_id
          LEFT JOIN consents c ON c.agreement_id = a.id AND c.person_id = $1
         WHERE a.id = $2
        """,
        person_id,
        agreement_id,
    )
    assert row is not None, "the agreement was read in this transaction"
    return dict(row)


async def history_of(
    conn: Conn, person_id: UUID, agreement_id: UUID, *, after: int | None, limit: int
) -> list[dict[str, Any]]:
    """Every answer of the person on one agreement, the latest first."""
    rows = await conn.fetch(
        """
        SELECT agreement_id, given, at, version
          FROM consent_history
         WHERE person_id = $1 AND agreement_id = $2 AND ($3::int IS NULL OR version < $3)
         ORDER BY version DESC
         LIMIT $4
        """,
        person_id,
        agreement_id,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def answers_of(conn: Conn, person_id: UUID, *, after: Sequence[Any] | None, limit: int) -> list[dict[str, Any]]:
    """Every answer that a person ever gave, on whichever agreement, agreement by agreement."""
    agreement_id, version = after or (None, None)
    rows = await conn.fetch(
        """
        SELECT h.agreement_id, a.body, h.given, h.at, h.version
          FROM consent_history h
          JOIN agreements a ON a.id = h.agreement_id
         WHERE h.person_id = $1 AND ($2::uuid IS NULL OR (h.agreement_id, h.version) > ($2, $3::int))
         ORDER BY h.agreement_id, h.version
         LIMIT $4
        """,
        person_id,
        agreement_id,
        version,
        limit,
    )
    return [dict(row) for row in rows]
