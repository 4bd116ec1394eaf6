"""How the endpoints of subscriptions fare: what succeeded and failed last, who is warned, disabled, ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What an attempt at an endpoint showed."""

    subscription_id: UUID
    failure: str | None
    """In words; None where it succeeded."""
    resume_at: datetime | None = None
    """Until when it asked to be left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubled:
    """A subscription whose owner is to be told."""

    id: UUID
    agreement_id: UUID
    url: str
    contact_email: str
    failing_since: datetime | None
    last_failure: str | None
    disabled_because: str | None
    body: str
    """The partner body's name."""
    network_id: UUID | None


async def note(conn: Conn, seen: Sequence[Health], *, now: datetime) -> None:
    """What each endpoint showed last; one row for each."""
    last = {health.subscription_id: health for health in seen}
    await conn.execute(
        """
        UPDATE webhook_subscriptions s
           SET failing_since = CASE WHEN h.failure IS NOT NULL THEN coalesce(s.failing_since, $4) END,
               last_failure = h.failure,
               last_success_at = CASE WHEN h.failure IS NULL THEN $4 ELSE s.last_success_at END,
               warned_at = CASE WHEN h.failure IS NOT NULL THEN s.warned_at END,
               resume_at = h.resume_at
          FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS h (id, failure, resume_at)
         WHERE s.id = h.id
        """,
        list(last),
        [health.failure for health in last.values()],
        [health.resume_at for health in last.values()],
        now,
    )


async def end(conn: Conn, *, today: date, now: datetime) -> int:
    """Those whose own end, or whose agreement's, has passed; what still waited is never sent. Returns how many."""
    rows = await conn.fetch(
        """
        WITH ended AS (
            UPDATE webhook_subscriptions s
               SET state = 'ended', disabled_because = NULL, version = s.version + 1
              FROM agreements a
             WHERE a.agreement_id = s.agreement_id AND s.state <> 'ended' AND least(s.ends_on, a.ends_on) < $1
            RETURNING s.id
        ), withheld AS (
            UPDATE webhook_deliveries d
               SET state = 'withheld', settled_at = $2, claim = NULL
              FROM ended
             WHERE d.subscription_id = ended.id AND d.state = 'queued')
        SELECT id FROM ended
        """,
        today,
        now,
    )
    return len(rows)


async def disable(conn: Conn, ids: Sequence[UUID], because: str, *, now: datetime) -> list[Troubled]:
    """Send them nothing more; what waited is missed, and can be replayed. Returns those that were not so before."""
    changed = await conn.fetch(
        """
        WITH disabled AS (
            UPDATE webhook_subscriptions
               SET state = 'disabled', disabled_because = $2, version = version + 1
             WHERE id = ANY ($1::uuid[]) AND state IN ('active', 'paused')
            RETURNING id
        ), missed AS (
            UPDATE webhook_deliveries d
               SET state = 'missed', settled_at = $3, claim = NULL
              FROM disabled
             WHERE d.subscription_id = disabled.id AND d.state = 'queued')
        SELECT id FROM disabled
        """,
        list(ids),
        because,
        now,
    )
    return await troubled(conn, [row["id"] for row in changed])


async def failing(conn: Conn, *, since: datetime) -> list[UUID]:
    """Those in use that have failed, and nothing else, since before."""
    rows = await conn.fetch(
        "SELECT id FROM webhook_subscriptions WHERE state = 'active' AND failing_since <= $1 ORDER BY id", since
    )
    return [row["id"] for row in rows]


async def warn(conn: Conn, *, failing_since: datetime, now: datetime) -> list[Troubled]:
    """Those that have failed since before, and whose owner has not been told yet: they are noted as told."""
    rows = await conn.fetch(
        """
        UPDATE webhook_subscriptions
           SET warned_at = $2
         WHERE state = 'active' AND failing_since <= $1 AND warned_at IS NULL
        RETURNING id
        """,
        failing_since,
        now,
    )
    return await troubled(conn, [row["id"] for row in rows])


async def troubled(conn: Conn, ids: Sequence[UUID]) -> list[Troubled]:
    if not ids:
        return []
    rows = await conn.fetch(
        """
        SELECT s.id, s.agreement_id, s.url, s.contact_email, s.failing_since, s.last_failure, s.disabled_because,
               coalesce(a.body, 'a partner') AS body, a.network_id
          FROM webhook_subscriptions s
          LEFT JOIN agreements a USING (agreement_id)
         WHERE s.id = ANY ($1::uuid[])
         ORDER BY s.id
        """,
        list(ids),
    )
    return [Troubled(**row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How all of them stand, for the figures."""

    endpoints: dict[str, int]
    queued: int
    oldest: datetime | None
    """Since when the oldest delivery to an endpoint that works has been due."""


async def standing(conn: Conn) -> Standing:
    rows = await conn.fetch(
        """
        SELECT CASE WHEN state = 'active' AND failing_since IS NOT NULL THEN 'failing' ELSE state END AS state,
               count(*) AS many
          FROM webhook_subscriptions
         GROUP BY 1
        """
    )
    queue = await conn.fetchrow(
        """
        SELECT count(*) AS queued,
               min(d.next_attempt_at) FILTER (WHERE s.state = 'active' AND s.failing_since IS NULL) AS oldest
          FROM webhook_deliveries d
          JOIN webhook_subscriptions s ON s.id = d.subscription_id
         WHERE d.state = 'queued'
        """
    )
    assert queue is not None
    return Standing(endpoints={row["state"]: row["many"] for row in rows}, **queue)
