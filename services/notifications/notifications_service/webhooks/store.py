"""The queue of deliveries: filled with the stream, claimed for a while, settled by whoever holds the claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import orjson

from servicekit.database import Conn

LEASE = timedelta(seconds=60)
"""For how long a claimed delivery is nobody else's: longer than an attempt can take."""


class Appended(Protocol):
    """An item of a stream, as far as filters look at it."""

    @property
    def agreement_id(self) -> UUID: ...
    @property
    def position(self) -> int: ...
    @property
    def signal_id(self) -> UUID: ...
    @property
    def type(self) -> str: ...
    @property
    def network(self) -> str: ...
    @property
    def sector(self) -> str | None: ...
    @property
    def organisation(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that is ours now, with all that decides whether and how it is sent, as it is at this moment."""

    id: UUID
    subscription_id: UUID
    webhook_id: str
    position: int | None
    type: str
    attempts: int
    tries: int
    created_at: datetime
    url: str
    ends_on: date | None
    agreement: Mapping[str, Any] | None
    item: Mapping[str, Any] | None
    secrets: Sequence[tuple[str, bytes]]
    """(key id, sealed) of those that are valid, the newest first."""

    @property
    def is_test(self) -> bool:
        return self.position is None


async def queue(conn: Conn, items: Sequence[Appended], *, today: date, now: datetime) -> None:
    """A delivery for each subscription whose filters let an item through.

    A subscription that is disabled misses it, and can have it replayed. An item's sector and organisation are the
    signal's own where it tells them, else those of its network.
    """
    await conn.execute(
        """
        INSERT INTO webhook_deliveries (subscription_id, webhook_id, position, type, state, created_at,
                                        next_attempt_at)
        SELECT s.id, new.signal_id::text, new.position, new.type,
               CASE s.state WHEN 'disabled' THEN 'missed' ELSE 'queued' END, $8, $8
          FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
               AS new (agreement_id, position, signal_id, type, network, sector, organisation)
          JOIN webhook_subscriptions s ON s.agreement_id = new.agreement_id AND s.state <> 'ended'
                                      AND (s.ends_on IS NULL OR $9 <= s.ends_on)
          LEFT JOIN access_networks n ON n.path = new.network::ltree
         WHERE (s.types = '{}' OR new.type = ANY (s.types))
           AND (s.networks = '{}' OR EXISTS (SELECT FROM access_networks above
                                              WHERE above.network_id = ANY (s.networks)
                                                AND above.path @> new.network::ltree))
           AND (s.sectors = '{}' OR coalesce(new.sector, n.sector) = ANY (s.sectors))
           AND (s.organisations = '{}' OR coalesce(new.organisation, n.ods_code) = ANY (s.organisations))
            ON CONFLICT DO NOTHING
        """,
        [item.agreement_id for item in items],
        [item.position for item in items],
        [item.signal_id for item in items],
        [item.type for item in items],
        [item.network for item in items],
        [item.sector for item in items],
        [item.organisation for item in items],
        now,
        today,
    )


async def queue_for_all(conn: Conn, items: Sequence[Appended], *, now: datetime) -> None:
    """A delivery for each subscription of an item's agreement, whatever its filters let through."""
    await conn.execute(
        """
        INSERT INTO webhook_deliveries (subscription_id, webhook_id, position, type, state, created_at,
                                        next_attempt_at)
        SELECT s.id, new.signal_id::text, new.position, new.type,
               CASE s.state WHEN 'disabled' THEN 'missed' ELSE 'queued' END, $5, $5
          FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[])
               AS new (agreement_id, position, signal_id, type)
          JOIN webhook_subscriptions s ON s.agreement_id = new.agreement_id AND s.state <> 'ended'
            ON CONFLICT DO NOTHING
        """,
        [item.agreement_id for item in items],
        [item.position for item in items],
        [item.signal_id for item in items],
        [item.type for item in items],
        now,
    )


async def add_test(conn: Conn, subscription_id: UUID, webhook_id: UUID, type: str, *, now: datetime) -> UUID:
    """Queue one that stands for no item. Returns its id."""
    delivery_id: UUID = await conn.fetchval(
        """
        INSERT INTO webhook_deliveries (subscription_id, webhook_id, type, state, created_at, next_attempt_at)
        VALUES ($1, $2, $3, 'queued', $4, $4)
        RETURNING id
        """,
        subscription_id,
        str(webhook_id),
        type,
        now,
    )
    return delivery_id


CLAIM = """
WITH free AS (
    SELECT s.id, s.state = 'active' AND (s.resume_at IS NULL OR s.resume_at <= $1) AS is_open,
           CASE WHEN s.failing_since IS NULL THEN $4::int ELSE 1 END - coalesce(b.busy, 0) AS slots
      FROM webhook_subscriptions s
      LEFT JOIN unnest($2::uuid[], $3::int[]) AS b (id, busy) ON b.id = s.id
     WHERE s.state <> 'ended'
), due AS (
    SELECT taken.id
      FROM free
     CROSS JOIN LATERAL (
           SELECT d.id
             FROM webhook_deliveries d
            WHERE d.subscription_id = free.id AND d.state = 'queued' AND d.next_attempt_at <= $1
              AND (free.is_open OR d.position IS NULL)
            ORDER BY d.next_attempt_at, d.position
            LIMIT greatest(free.slots, 0)
              FOR UPDATE SKIP LOCKED) AS taken
     LIMIT $5
), claimed AS (
    UPDATE webhook_deliveries d
       SET claim = $6, next_attempt_at = $1 + $7::interval
      FROM due
     WHERE d.id = due.id
    RETURNING d.id, d.subscription_id, d.webhook_id, d.position, d.type, d.attempts, d.tries, d.created_at)
SELECT claimed.id, claimed.subscription_id, claimed.webhook_id, claimed.position, claimed.type,
       claimed.attempts, claimed.tries, claimed.created_at, s.url, s.ends_on,
       (SELECT to_jsonb(a) FROM agreements a WHERE a.agreement_id = s.agreement_id)::text AS agreement,
       (SELECT to_jsonb(i) || jsonb_build_object(
                   'withheld', i.redacted_at IS NOT NULL
                               OR (i.person_id IS NOT NULL AND NOT coalesce(c.given, false)))
          FROM stream_items i
          LEFT JOIN consents c ON c.agreement_id = i.agreement_id AND c.person_id = i.person_id
         WHERE i.agreement_id = s.agreement_id AND i.position = claimed.position)::text AS item,
       (SELECT array_agg((k.key_id, k.sealed) ORDER BY k.made_at DESC, k.id DESC)
          FROM webhook_secrets k
         WHERE k.subscription_id = s.id AND (k.expires_at IS NULL OR $1 < k.expires_at)) AS secrets
  FROM claimed
  JOIN webhook_subscriptions s ON s.id = claimed.subscription_id
"""
"""$1 now, $2 and $3 how many of each subscription are in hand, $4 slots, $5 limit, $6 claim, $7 lease."""


async def claim(
    conn: Conn, *, claim: UUID, busy: Mapping[UUID, int], slots: int, limit: int, now: datetime
) -> list[Claimed]:
    """Take what is due, of each subscription as many as it has free slots; of one that is failing, one at a time.

    busy: how many of each are in hand here. A claim lapses with `LEASE`, so that what a dead process held goes again.
    """
    rows = await conn.fetch(
        CLAIM,
        now,
        list(busy),
        list(busy.values()),
        slots,
        limit,
        claim,
        LEASE,
    )
    return [_claimed(dict(row)) for row in rows]


def _claimed(row: dict[str, Any]) -> Claimed:
    row["agreement"] = orjson.loads(row["agreement"]) if row["agreement"] else None
    row["item"] = orjson.loads(row["item"]) if row["item"] else None
    row["secrets"] = [(key, bytes(box)) for key, box in row["secrets"] or []]
    return Claimed(**row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one claimed delivery; no attempt where it was withheld."""

    delivery_id: UUID
    subscription_id: UUID
    claim: UUID
    state: str
    next_attempt_at: datetime | None
    at: datetime
    milliseconds: int = 0
    status: int | None = None
    answer: str | None = None
    failure: str | None = None
    tried: bool = True


async def settle(conn: Conn, results: Sequence[Result]) -> set[UUID]:
    """Write attempts and outcomes down, of those that were not taken over by somebody else; returns their ids.

    What was answered is left out where the item was taken back meanwhile: it may repeat what was sent.
    """
    rows = await conn.fetch(
        """
        WITH mine AS (
            UPDATE webhook_deliveries d
               SET state = r.state,
                   attempts = d.attempts + r.tried::int,
                   tries = d.tries + r.tried::int,
                   next_attempt_at = coalesce(r.next_attempt_at, d.next_attempt_at),
                   settled_at = CASE WHEN r.state <> 'queued' THEN r.at END,
                   claim = NULL
              FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::int[],
                          $7::int[], $8::text[], $9::text[], $10::bool[])
                   AS r (id, claim, state, next_attempt_at, at, milliseconds, status, answer, failure, tried)
             WHERE d.id = r.id AND d.claim = r.claim AND d.state = 'queued'
            RETURNING d.id, d.subscription_id, d.position, d.tries, r.at, r.milliseconds, r.status, r.answer,
                      r.failure, r.tried
        ), logged AS (
            INSERT INTO webhook_attempts (delivery_id, number, at, milliseconds, status, answer, failure)
            SELECT id, tries, at, milliseconds, status,
                   CASE WHEN NOT EXISTS (SELECT FROM webhook_subscriptions s
                                           JOIN stream_items i USING (agreement_id)
                                          WHERE s.id = mine.subscription_id AND i.position = mine.position
                                            AND i.redacted_at IS NOT NULL) THEN nullif(answer, '') END,
                   failure
              FROM mine
             WHERE tried)
        SELECT id FROM mine
        """,
        [result.delivery_id for result in results],
        [result.claim for result in results],
        [result.state for result in results],
        [result.next_attempt_at for result in results],
        [result.at for result in results],
        [result.milliseconds for result in results],
        [result.status for result in results],
        [result.answer for result in results],
        [result.failure for result in results],
        [result.tried for result in results],
    )
    return {row["id"] for row in rows}


async def forget(conn: Conn, *, before: datetime) -> None:
    """Let go what was queued before, with its log."""
    await conn.execute("DELETE FROM webhook_deliveries WHERE created_at < $1", before)
