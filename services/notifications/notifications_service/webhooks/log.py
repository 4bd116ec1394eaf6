"""The log of a subscription's deliveries, and having them sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from servicekit.database import Conn

AT_ONCE = 10_000
"""Deliveries that one request may have sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A delivery with its tries, and the item that it stands for as it is now."""

    id: UUID
    webhook_id: str
    position: int | None
    type: str
    state: str
    created_at: datetime
    next_attempt_at: datetime
    settled_at: datetime | None
    attempts: Sequence[dict[str, Any]]
    item: dict[str, Any] | None


PAGE = """
SELECT d.id, d.webhook_id, d.position, d.type, d.state, d.created_at, d.next_attempt_at, d.settled_at,
       (SELECT coalesce(jsonb_agg(to_jsonb(t) - 'delivery_id' ORDER BY t.number), '[]')
          FROM webhook_attempts t WHERE t.delivery_id = d.id)::text AS attempts,
       (SELECT to_jsonb(i) || jsonb_build_object(
                   'withheld', i.redacted_at IS NOT NULL
                               OR (i.person_id IS NOT NULL AND NOT coalesce(c.given, false)))
          FROM stream_items i
          LEFT JOIN consents c ON c.agreement_id = i.agreement_id AND c.person_id = i.person_id
         WHERE i.agreement_id = $2 AND i.position = d.position)::text AS item
  FROM webhook_deliveries d
 WHERE d.subscription_id = $1
   AND ($3::text IS NULL OR d.state = $3)
   AND ($4::uuid IS NULL OR d.id = $4)
   AND ($5::timestamptz IS NULL OR (d.created_at, d.id) < ($5, $6::uuid))
 ORDER BY d.created_at DESC, d.id DESC
 LIMIT $7
"""
"""$1 subscription, $2 agreement, $3 state, $4 delivery, $5 and $6 instant and id of the last one seen, $7 limit."""


async def page_of(
    conn: Conn,
    subscription_id: UUID,
    agreement_id: UUID,
    *,
    state: str | None = None,
    delivery_id: UUID | None = None,
    after: Sequence[Any] | None = None,
    limit: int,
) -> list[Logged]:
    """The newest first. after: instant and id of the last one seen."""
    at, last = after or (None, None)
    rows = await conn.fetch(
        PAGE,
        subscription_id,
        agreement_id,
        state,
        delivery_id,
        at,
        last,
        limit,
    )
    return [_logged(dict(row)) for row in rows]


def _logged(row: dict[str, Any]) -> Logged:
    row["attempts"] = orjson.loads(row["attempts"])
    row["item"] = orjson.loads(row["item"]) if row["item"] else None
    return Logged(**row)


REPLAY = """
UPDATE webhook_deliveries d
   SET state = 'queued', attempts = 0, next_attempt_at = $7, settled_at = NULL, claim = NULL
  FROM (SELECT id FROM webhook_deliveries
         WHERE subscription_id = $1 AND state <> 'queued' AND position IS NOT NULL AND created_at >= $8
           AND ($2::uuid[] IS NULL OR id = ANY ($2))
           AND ($3::bigint IS NULL OR position >= $3)
           AND ($4::bigint IS NULL OR position <= $4)
           AND (NOT $5::bool OR state = 'missed')
         ORDER BY position
         LIMIT $6
           FOR UPDATE) AS chosen
 WHERE d.id = chosen.id
RETURNING d.id
"""
"""$1 subscription, $2 ids, $3 and $4 positions, $5 whether missed only, $6 limit, $7 now, $8 since."""


async def replay(
    conn: Conn,
    subscription_id: UUID,
    *,
    ids: Sequence[UUID] | None = None,
    first: int | None = None,
    last: int | None = None,
    missed: bool = False,
    since: datetime,
    now: datetime,
) -> int:
    """Queue them again under their own ids, the oldest first; what is queued already stays as it is.

    ids, or positions from first to last, or all that were missed. Returns how many, at most `AT_ONCE`.
    """
    rows = await conn.fetch(
        REPLAY,
        subscription_id,
        list(ids) if ids is not None else None,
        first,
        last,
        missed,
        AT_ONCE,
        now,
        since,
    )
    return len(rows)


async def known(conn: Conn, subscription_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids that are deliveries of items of this subscription."""
    rows = await conn.fetch(
        "SELECT id FROM webhook_deliveries"
        " WHERE subscription_id = $1 AND id = ANY ($2::uuid[]) AND position IS NOT NULL",
        subscription_id,
        list(ids),
    )
    return {row["id"] for row in rows}
