"""Agreements as they now are, and what was appended to their feeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from notifications_service.streams.model import Agreement
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAgreement:
    agreement: Agreement
    version: int
    networks: Sequence[UUID]
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A signal as it came."""

    signal_id: UUID
    time: datetime
    day: date
    network: str
    person_id: UUID | None = None
    """Whom it is about: without their consent it is given to nobody."""
    sector: str | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptConsent:
    person_id: UUID
    agreement_id: UUID
    version: int
    given: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """The signal at this place is for the partner of this agreement, as far as these fields go."""

    place: int
    agreement_id: UUID
    cell: str
    fields: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    agreement_id: UUID
    position: int
    signal_id: UUID
    type: str
    time: datetime
    network: str
    data: dict[str, Any]
    sha256: str
    salt: str
    person_id: UUID | None
    sector: str | None
    organisation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    position: int
    signal_id: UUID
    type: str
    time: datetime
    network: str
    data: dict[str, Any]
    sha256: str | None
    """Of the salt and the data as it was appended; None where that was before hashes were kept."""
    salt: str
    withheld: bool
    """It was about somebody who does not consent, or no longer."""


async def keep(conn: Conn, kept: KeptAgreement) -> None:
    """Keep the highest version, and the instant at which it was first told of."""
    agreement = kept.agreement
    await conn.execute(
        """
        INSERT INTO agreements AS kept
               (agreement_id, version, cell, body, issuer, client_id, networks, fields, made_at, starts_on, ends_on,
                network_id, consent_needed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12, $13)
            ON CONFLICT (agreement_id) DO UPDATE
           SET version = excluded.version, cell = excluded.cell, body = excluded.body, issuer = excluded.issuer,
               client_id = excluded.client_id, networks = excluded.networks, fields = excluded.fields,
               made_at = least(kept.made_at, excluded.made_at),
               starts_on = excluded.starts_on, ends_on = excluded.ends_on,
               network_id = excluded.network_id, consent_needed = excluded.consent_needed
         WHERE kept.version < excluded.version
        """,
        agreement.agreement_id,
        kept.version,
        agreement.cell,
        agreement.body,
        agreement.issuer,
        agreement.client_id,
        list(kept.networks),
        orjson.dumps({name: list(fields) for name, fields in agreement.fields.items()}).decode(),
        kept.made_at,
        agreement.starts_on,
        agreement.ends_on,
        agreement.network_id,
        list(agreement.consent_needed),
    )


async def keep_consents(conn: Conn, consents: Sequence[KeptConsent]) -> None:
    """Keep the highest version of each; one statement may touch a row only once."""
    newest: dict[tuple[UUID, UUID], KeptConsent] = {}
    for consent in consents:
        name = (consent.person_id, consent.agreement_id)
        if name not in newest or newest[name].version < consent.version:
            newest[name] = consent
    rows = list(newest.values())
    await conn.execute(
        """
        INSERT INTO consents AS kept (person_id, agreement_id, version, given, at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bool[], $5::timestamptz[])
            ON CONFLICT (agreement_id, person_id) DO UPDATE
           SET version = excluded.version, given = excluded.given, at = excluded.at
         WHERE kept.version < excluded.version
        """,
        [row.person_id for row in rows],
        [row.agreement_id for row in rows],
        [row.version for row in rows],
        [row.given for row in rows],
        [row.at for row in rows],
    )


async def find(conn: Conn, cell: str, agreement_id: UUID) -> Agreement | None:
    row = await conn.fetchrow(
        """
        SELECT agreement_id, cell, body, issuer, client_id, fields, consent_needed, network_id, starts_on, ends_on
          FROM agreements
         WHERE agreement_id = $1 AND cell = $2
        """,
        agreement_id,
        cell,
    )
    return Agreement(**(dict(row) | {"fields": orjson.loads(row["fields"])})) if row else None


async def matches(conn: Conn, signal_type: str, sent: Sequence[Sent]) -> list[Match]:
    """Who is to receive which of these, in their order: agreed, live when it was sent, and not received before.

    What is about a person, only under agreements that say so and that this person consents to.
    """
    rows = await conn.fetch(
        """
        SELECT s.place, a.agreement_id, a.cell, a.fields -> $1::text AS fields
          FROM unnest($2::uuid[], $3::timestamptz[], $4::date[], $5::text[], $6::uuid[]) WITH ORDINALITY
               AS s (signal_id, time, day, network, person_id, place)
          JOIN agreements a ON a.fields ? $1::text AND s.time >= a.made_at AND s.day BETWEEN a.starts_on AND a.ends_on
         WHERE EXISTS (SELECT FROM access_networks n
                        WHERE n.network_id = ANY (a.networks) AND n.path @> s.network::ltree)
           AND CASE WHEN s.person_id IS NULL THEN NOT $1::text = ANY (a.consent_needed)
                    ELSE $1::text = ANY (a.consent_needed)
                         AND EXISTS (SELECT FROM consents c
                                      WHERE c.person_id = s.person_id AND c.agreement_id = a.agreement_id AND c.given)
               END
           AND NOT EXISTS (SELECT FROM stream_items i
                            WHERE i.agreement_id = a.agreement_id AND i.signal_id = s.signal_id)
         ORDER BY s.place, a.agreement_id
        """,
        signal_type,
        [one.signal_id for one in sent],
        [one.time for one in sent],
        [one.day for one in sent],
        [one.network for one in sent],
        [one.person_id for one in sent],
    )
    return [Match(row["place"] - 1, row["agreement_id"], row["cell"], orjson.loads(row["fields"])) for row in rows]


async def take_turn(conn: Conn) -> None:
    """Only one transaction at a time appends to streams; it comes after the turn to tell, never before."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('appending to streams', 0))")


async def append(conn: Conn, items: Sequence[NewItem], *, now: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO stream_items (agreement_id, position, signal_id, type, time, network, data, sha256, salt,
                                  person_id, appended_at)
        SELECT agreement_id, position, signal_id, type, time, network, data::jsonb, sha256, salt, person_id, $11
          FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
                      $8::text[], $9::text[], $10::uuid[])
               AS new (agreement_id, position, signal_id, type, time, network, data, sha256, salt, person_id)
        """,
        [item.agreement_id for item in items],
        [item.position for item in items],
        [item.signal_id for item in items],
        [item.type for item in items],
        [item.time for item in items],
        [item.network for item in items],
        [orjson.dumps(item.data).decode() for item in items],
        [item.sha256 for item in items],
        [item.salt for item in items],
        [item.person_id for item in items],
        now,
    )


async def items(conn: Conn, agreement_id: UUID, *, after: int, limit: int) -> list[Item]:
    """Oldest first; whether somebody consents is judged as it is now."""
    rows = await conn.fetch(
        """
        SELECT i.position, i.signal_id, i.type, i.time, i.network, i.data, i.sha256, i.salt,
               i.redacted_at IS NOT NULL OR (i.person_id IS NOT NULL AND NOT coalesce(c.given, false)) AS withheld
          FROM stream_items i
          LEFT JOIN consents c ON c.agreement_id = i.agreement_id AND c.person_id = i.person_id
         WHERE i.agreement_id = $1 AND i.position > $2
         ORDER BY i.position
         LIMIT $3
        """,
        agreement_id,
        after,
        limit,
    )
    return [Item(**(dict(row) | {"data": orjson.loads(row["data"])})) for row in rows]


async def redact(conn: Conn, withdrawn: Sequence[tuple[UUID, UUID]], *, now: datetime) -> None:
    """Data and salt go, and whom it was about; position, id and hash stay. withdrawn: agreement and person.

    With them go partners' answers to what was pushed, which may repeat it.
    """
    await conn.execute(
        """
        UPDATE webhook_attempts t
           SET answer = NULL
          FROM unnest($1::uuid[], $2::uuid[]) AS w (agreement_id, person_id)
          JOIN stream_items i USING (agreement_id, person_id)
          JOIN webhook_subscriptions s USING (agreement_id)
          JOIN webhook_deliveries d ON d.subscription_id = s.id AND d.position = i.position
         WHERE t.delivery_id = d.id
        """,
        [agreement_id for agreement_id, _ in withdrawn],
        [person_id for _, person_id in withdrawn],
    )
    await conn.execute(
        """
        UPDATE stream_items i
           SET data = '{}', salt = '', person_id = NULL, redacted_at = $3
          FROM unnest($1::uuid[], $2::uuid[]) AS w (agreement_id, person_id)
         WHERE i.agreement_id = w.agreement_id AND i.person_id = w.person_id
        """,
        [agreement_id for agreement_id, _ in withdrawn],
        [person_id for _, person_id in withdrawn],
        now,
    )


async def oldest(conn: Conn, agreement_id: UUID) -> int | None:
    """The first position still kept; None where none is."""
    position: int | None = await conn.fetchval(
        "SELECT min(position) FROM stream_items WHERE agreement_id = $1", agreement_id
    )
    return position


async def forget(conn: Conn, *, before: datetime) -> None:
    """Let go what was appended before."""
    await conn.execute("DELETE FROM stream_items WHERE appended_at < $1", before)
