"""What came back, each file once, and the mails of ours that it may speak of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from servicekit.database import Conn


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that left for an address, by the address's hash."""

    notification_id: UUID
    person_id: UUID
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One recipient of one report, as it is kept. place: in the report."""

    place: int
    verdict: str
    reason: str
    code: str
    matched: str
    sent: Sent | None


async def first_time(conn: Conn, digest: str) -> bool:
    """Whether no file with these bytes has been read before; the lock lets only one reader find that out."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('bounce ' || $1::text, 0))", digest)
    return not await conn.fetchval("SELECT EXISTS (SELECT FROM bounces WHERE digest = $1)", digest)


async def mails(conn: Conn, local_parts: Sequence[str]) -> list[Sent]:
    """Those mails of ours that have these Message-IDs, whatever stands after the @."""
    rows = await conn.fetch(
        """
        SELECT l.notification_id, l.person_id, l.address
          FROM unnest($1::text[]) AS named (local)
          JOIN notifications n ON n.id = left(named.local, 36)::uuid
                              AND split_part(ltrim(n.message_id, '<'), '@', 1) = named.local
          JOIN letters l ON l.notification_id = n.id
        """,
        list(local_parts),
    )
    return [Sent(**row) for row in rows]


async def to_addresses(conn: Conn, addresses: Sequence[str]) -> list[Sent]:
    """The newest mail of ours to each of these addresses."""
    rows = await conn.fetch(
        """
        SELECT DISTINCT ON (address) notification_id, person_id, address
          FROM letters
         WHERE address = ANY ($1::text[])
         ORDER BY address, written_at DESC
        """,
        list(addresses),
    )
    return [Sent(**row) for row in rows]


async def note(conn: Conn, digest: str, noted: Sequence[Noted], *, now: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO bounces
               (digest, place, verdict, reason, code, matched, notification_id, person_id, address, read_at)
        SELECT $1::text, n.*, $2::timestamptz
          FROM unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[], $10::text[])
               AS n (place, verdict, reason, code, matched, notification_id, person_id, address)
        """,
        digest,
        now,
        [one.place for one in noted],
        [one.verdict for one in noted],
        [one.reason for one in noted],
        [one.code for one in noted],
        [one.matched for one in noted],
        [one.sent.notification_id if one.sent else None for one in noted],
        [one.sent.person_id if one.sent else None for one in noted],
        [one.sent.address if one.sent else None for one in noted],
    )


async def soft_bounces(conn: Conn, person_id: UUID, address: str, *, since: datetime) -> int:
    """How many different mails to this address came back for passing reasons since then, or since its confirmation."""
    count: int = await conn.fetchval(
        """
        SELECT count(DISTINCT b.notification_id)
          FROM bounces b
         WHERE b.person_id = $1 AND b.address = $2 AND b.matched = 'mail' AND b.verdict = 'soft'
           AND b.read_at > greatest($3::timestamptz,
                                    (SELECT max(a.changed_at) FROM addresses a
                                      WHERE a.person_id = $1 AND a.address = $2 AND a.state = 'confirmed'))
        """,
        person_id,
        address,
        since,
    )
    return count
