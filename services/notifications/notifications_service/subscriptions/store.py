"""Subscriptions and their secrets in the database; row-level security shows a client its own and nobody else's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from notifications_service.subscriptions.model import Filters, Secret, Subscription, nothing_here
from servicekit.database import Conn


async def lock(conn: Conn, cell: str, subscription_id: UUID) -> Subscription:
    """Hold the row, then read it. Raises NotFound."""
    await conn.execute(
        "SELECT FROM webhook_subscriptions WHERE id = $1 AND cell = $2 FOR UPDATE", subscription_id, cell
    )
    return await get(conn, cell, subscription_id)


async def get(conn: Conn, cell: str, subscription_id: UUID) -> Subscription:
    """Raises NotFound."""
    row = await conn.fetchrow(
        """
        SELECT id, agreement_id, cell, owner, url, types, networks, sectors, organisations, contact_email, ends_on,
               state, disabled_because, failing_since, last_failure, last_success_at, version, created_at
          FROM webhook_subscriptions
         WHERE id = $1 AND cell = $2
        """,
        subscription_id,
        cell,
    )
    if row is None:
        raise nothing_here()
    return _subscription(row)


async def page_of(
    conn: Conn, cell: str, *, agreement_id: UUID | None, after: UUID | None, limit: int
) -> list[Subscription]:
    """The caller's in this cell, the oldest first."""
    rows = await conn.fetch(
        """
        SELECT id, agreement_id, cell, owner, url, types, networks, sectors, organisations, contact_email, ends_on,
               state, disabled_because, failing_since, last_failure, last_success_at, version, created_at
          FROM webhook_subscriptions
         WHERE cell = $1 AND ($2::uuid IS NULL OR agreement_id = $2) AND ($3::uuid IS NULL OR id > $3)
         ORDER BY id
         LIMIT $4
        """,
        cell,
        agreement_id,
        after,
        limit,
    )
    return [_subscription(row) for row in rows]


async def take_turn(conn: Conn, agreement_id: UUID) -> None:
    """One at a time makes or changes subscriptions of an agreement: they are counted, and none may equal another."""
    await conn.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('subscriptions of ' || $1, 0))", str(agreement_id)
    )


async def count(conn: Conn, agreement_id: UUID) -> int:
    many: int = await conn.fetchval("SELECT count(*) FROM webhook_subscriptions WHERE agreement_id = $1", agreement_id)
    return many


async def alike(conn: Conn, subscription: Subscription) -> UUID | None:
    """Another one of the same agreement that sends the same to the same place."""
    found: UUID | None = await conn.fetchval(
        "SELECT id FROM webhook_subscriptions WHERE agreement_id = $1 AND fingerprint = $2 AND id <> $3",
        subscription.agreement_id,
        subscription.filters.fingerprint(subscription.url),
        subscription.id,
    )
    return found


async def add(conn: Conn, subscription: Subscription) -> None:
    await conn.execute(
        """
        INSERT INTO webhook_subscriptions
               (id, agreement_id, cell, owner, url, types, networks, sectors, organisations, fingerprint,
                contact_email, ends_on, state, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        subscription.id,
        subscription.agreement_id,
        subscription.cell,
        subscription.owner,
        subscription.url,
        *_filters(subscription.filters),
        subscription.filters.fingerprint(subscription.url),
        subscription.contact_email,
        subscription.ends_on,
        subscription.state,
        subscription.version,
        subscription.created_at,
    )


async def save(conn: Conn, subscription: Subscription) -> None:
    await conn.execute(
        """
        UPDATE webhook_subscriptions
           SET url = $2, types = $3, networks = $4, sectors = $5, organisations = $6, fingerprint = $7,
               contact_email = $8, ends_on = $9, state = $10, disabled_because = $11, failing_since = $12,
               last_failure = $13, warned_at = CASE WHEN $12::timestamptz IS NOT NULL THEN warned_at END,
               resume_at = CASE WHEN $12::timestamptz IS NOT NULL THEN resume_at END, version = $14
         WHERE id = $1
        """,
        subscription.id,
        subscription.url,
        *_filters(subscription.filters),
        subscription.filters.fingerprint(subscription.url),
        subscription.contact_email,
        subscription.ends_on,
        subscription.state,
        subscription.disabled_because,
        subscription.failing_since,
        subscription.last_failure,
        subscription.version,
    )


async def remove(conn: Conn, subscription_id: UUID) -> None:
    """With its secrets, its queue and its log."""
    await conn.execute("DELETE FROM webhook_subscriptions WHERE id = $1", subscription_id)


async def secrets_of(conn: Conn, ids: Sequence[UUID], *, now: datetime) -> dict[UUID, list[Secret]]:
    """Those that are valid, the newest first."""
    rows = await conn.fetch(
        """
        SELECT subscription_id, id, made_at, expires_at
          FROM webhook_secrets
         WHERE subscription_id = ANY ($1::uuid[]) AND (expires_at IS NULL OR $2 < expires_at)
         ORDER BY made_at DESC, id DESC
        """,
        list(ids),
        now,
    )
    found: dict[UUID, list[Secret]] = {subscription_id: [] for subscription_id in ids}
    for row in rows:
        secret = Secret(id=row["id"], made_at=row["made_at"], expires_at=row["expires_at"])
        found[row["subscription_id"]].append(secret)
    return found


async def add_secret(
    conn: Conn, secret_id: UUID, subscription_id: UUID, *, key_id: str, sealed: bytes, now: datetime
) -> None:
    await conn.execute(
        "INSERT INTO webhook_secrets (id, subscription_id, key_id, sealed, made_at) VALUES ($1, $2, $3, $4, $5)",
        secret_id,
        subscription_id,
        key_id,
        sealed,
        now,
    )


async def expire_secrets(conn: Conn, subscription_id: UUID, *, at: datetime) -> None:
    """All that have no end yet."""
    await conn.execute(
        "UPDATE webhook_secrets SET expires_at = $2 WHERE subscription_id = $1 AND expires_at IS NULL",
        subscription_id,
        at,
    )


async def drop_expiring_secrets(conn: Conn, subscription_id: UUID) -> None:
    """The old ones, at once."""
    await conn.execute(
        "DELETE FROM webhook_secrets WHERE subscription_id = $1 AND expires_at IS NOT NULL", subscription_id
    )


def _filters(filters: Filters) -> tuple[list[Any], ...]:
    return list(filters.types), list(filters.networks), list(filters.sectors), list(filters.organisations)


def _subscription(row: Record) -> Subscription:
    fields = dict(row)
    filters = Filters(**{name: fields.pop(name) for name in ("types", "networks", "sectors", "organisations")})
    return Subscription(**fields, filters=filters)
