"""The queue of mails is a part of the ledger: claimed by one sender, settled by the same, recovered when it died."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from notifications_service.tellings.model import Settled
from servicekit.database import Conn

SENDER_LOCK = 0x6D61696C  # "mail": with its own number, each postman's process holds it for as long as it lives


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A mail that is ours to send now."""

    id: UUID
    cause: str
    person_id: UUID
    kind: str
    event_id: UUID | None
    event_version: int | None
    place_in_line: int | None
    cell: str
    network: str
    message_id: str
    attempts: int
    repeats: int
    address: str
    name: str
    code: str | None
    network_id: UUID | None
    """Of the network at that path, where it is known here."""
    suppressed: Sequence[str]
    """Hashes of the person's addresses that mail does not reach."""


@dataclass(frozen=True, slots=True)
class Result:
    """What has come of a mail, and what the server said."""

    id: UUID
    settled: Settled
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How the queue stands, for the figures."""

    queued: int
    oldest: datetime | None
    waiting_for_address: int
    overdue: int
    """Those among them that have waited since before the bound."""
    unknown: int
    failed: int


CLAIM = """
WITH due AS (
    SELECT n.id, n.person_id, n.registration_id
      FROM notifications n
     WHERE n.state = 'queued' AND n.next_attempt_at <= $4
       AND (n.event_id IS NULL
            OR EXISTS (SELECT FROM gatherings g
                        WHERE g.event_id = n.event_id AND g.version >= coalesce(n.event_version, 0)))
       AND (n.registration_version IS NULL
            OR EXISTS (SELECT FROM registrations r
                        WHERE r.registration_id = n.registration_id AND r.version >= n.registration_version))
       AND (n.kind <> 'report-ready' OR EXISTS (SELECT FROM reports o WHERE o.cause = n.cause))
     ORDER BY n.priority, n.next_attempt_at
     LIMIT $3
       FOR UPDATE SKIP LOCKED)
UPDATE notifications n
   SET state = CASE WHEN p.email IS NULL THEN 'waiting-for-address' ELSE 'sending' END,
       sender = CASE WHEN p.email IS NOT NULL THEN $1::int END,
       message_id = coalesce(n.message_id,
                             '<' || n.id || '.' || right(gen_random_uuid()::text, 12) || '@' || $2::text || '>')
  FROM due
  LEFT JOIN LATERAL (SELECT email, given_name || ' ' || family_name AS name
                       FROM people
                      WHERE person_id = due.person_id
                      ORDER BY version DESC, cell
                      LIMIT 1) p ON true
  LEFT JOIN registrations r ON r.registration_id = due.registration_id AND r.status = 'confirmed'
 WHERE n.id = due.id
RETURNING n.id, n.cause, n.person_id, n.kind, n.event_id, n.event_version, n.place_in_line, n.cell,
          n.network, n.message_id, n.attempts, n.repeats, n.priority, n.next_attempt_at,
          p.email AS address, p.name, r.code,
          (SELECT known.network_id FROM access_networks known
            WHERE known.path = n.network::ltree
            ORDER BY known.until DESC NULLS FIRST
            LIMIT 1) AS network_id,
          ARRAY(SELECT a.address FROM addresses a
                 WHERE a.person_id = n.person_id AND a.state = 'suppressed') AS suppressed
"""
"""$1 sender, $2 domain, $3 limit, $4 now. A Message-ID ends in chance: whoever names one had the mail in hand."""


async def claim(conn: Conn, *, sender: int, domain: str, limit: int, now: datetime) -> list[Due]:
    """Take the next mails, the most urgent first; what has no address now is set aside until one is known.

    What a mail speaks of must be known here: of what was handed on, the facts may come later than the mail.
    """
    rows = await conn.fetch(
        CLAIM,
        sender,
        domain,
        limit,
        now,
    )
    return [_due(row) for row in sorted(rows, key=_urgency) if row["address"] is not None]


async def take_back(conn: Conn, *, sender: int) -> None:
    """Put back what this sender has claimed and has not begun to hand over."""
    await conn.execute(
        "UPDATE notifications SET state = 'queued', sender = NULL WHERE state = 'sending' AND sender = $1", sender
    )


async def settle(conn: Conn, results: Sequence[Result], *, sender: int, now: datetime) -> set[UUID]:
    """Write down what came of this sender's mails; returns those that are sent now, and were not before."""
    rows = await conn.fetch(
        """
        UPDATE notifications n
           SET state = r.state,
               next_attempt_at = coalesce(r.next_attempt_at, n.next_attempt_at),
               attempts = n.attempts + r.counts::int,
               repeats = n.repeats + r.repeats::int,
               failure = nullif(r.said, ''),
               told_at = CASE WHEN r.state = 'sent' THEN $7::timestamptz END,
               sender = CASE WHEN r.state = 'queued' THEN NULL ELSE n.sender END
          FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bool[], $5::bool[], $6::text[])
               AS r (id, state, next_attempt_at, counts, repeats, said)
         WHERE n.id = r.id AND n.sender = $8 AND n.state IN ('sending', 'unknown')
        RETURNING n.id, n.state
        """,
        [result.id for result in results],
        [result.settled.state.value for result in results],
        [result.settled.next_attempt_at for result in results],
        [result.settled.counts for result in results],
        [result.settled.is_repeat for result in results],
        [result.said for result in results],
        now,
        sender,
    )
    return {row["id"] for row in rows if row["state"] == "sent"}


async def hold_numbers(conn: Conn, senders: Sequence[int]) -> bool:
    """Be these senders for as long as the connection lives; False where somebody else is one of them."""
    return bool(
        await conn.fetchval(
            "SELECT bool_and(pg_try_advisory_lock($1, sender)) FROM unnest($2::int[]) AS sender",
            SENDER_LOCK,
            list(senders),
        )
    )


async def recover(conn: Conn, *, sent_once_more: Collection[str], now: datetime) -> int:
    """Mails that a sender had in hand when it died: nobody knows their fate. Returns how many.

    Those of these kinds go once more, all others stay as they are.
    """
    status = await conn.execute(
        """
        UPDATE notifications
           SET state = CASE WHEN repeats = 0 AND kind = ANY ($2::text[]) THEN 'queued' ELSE 'unknown' END,
               sender = CASE WHEN repeats = 0 AND kind = ANY ($2::text[]) THEN NULL ELSE sender END,
               repeats = repeats + 1,
               next_attempt_at = $3,
               failure = 'the sender died'
         WHERE state = 'sending'
           AND sender NOT IN (SELECT objid::bigint FROM pg_locks
                               WHERE locktype = 'advisory' AND classid::bigint = $1 AND objsubid = 2
                                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """,
        SENDER_LOCK,
        sorted(sent_once_more),
        now,
    )
    return int(status.rsplit(" ", 1)[-1])


async def requeue_with_address(conn: Conn, *, now: datetime) -> int:
    """Mails whose recipients' addresses have arrived meanwhile may go. Returns how many."""
    status = await conn.execute(
        """
        UPDATE notifications
           SET state = 'queued', next_attempt_at = $1
         WHERE state = 'waiting-for-address'
           AND EXISTS (SELECT FROM people p WHERE p.person_id = notifications.person_id)
        """,
        now,
    )
    return int(status.rsplit(" ", 1)[-1])


async def queue(conn: Conn, *, overdue_since: datetime) -> Queue:
    row = await conn.fetchrow(
        """
        SELECT count(*) FILTER (WHERE state = 'queued') AS queued,
               min(next_attempt_at) FILTER (WHERE state = 'queued') AS oldest,
               count(*) FILTER (WHERE state = 'waiting-for-address') AS waiting_for_address,
               count(*) FILTER (WHERE state = 'waiting-for-address' AND created_at < $1) AS overdue,
               count(*) FILTER (WHERE state = 'unknown') AS unknown,
               count(*) FILTER (WHERE state = 'failed') AS failed
          FROM notifications
         WHERE channel = 'email' AND state IN ('queued', 'waiting-for-address', 'unknown', 'failed')
        """,
        overdue_since,
    )
    assert row is not None
    return Queue(**row)


def _urgency(row: "asyncpg.Record") -> tuple[Any, ...]:
    return (row["priority"], row["next_attempt_at"])


def _due(row: "asyncpg.Record") -> Due:
    fields = dict(row)
    del fields["priority"], fields["next_attempt_at"]
    return Due(**fields)
