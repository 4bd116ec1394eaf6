"""How addresses stand, by their hash: merged from all deployments, the highest version counts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from notifications_service.addresses.model import Standing
from servicekit.database import Conn


async def find(conn: Conn, person_id: UUID, addresses: Sequence[str]) -> Standing | None:
    """The newest that is known of an address under any of its names."""
    row = await conn.fetchrow(
        """
        SELECT person_id, address, version, state, reason, changed_at
          FROM addresses
         WHERE person_id = $1 AND address = ANY ($2::text[])
         ORDER BY state = 'suppressed' DESC, changed_at DESC
         LIMIT 1
        """,
        person_id,
        list(addresses),
    )
    return Standing(**row) if row else None


async def merge(conn: Conn, standings: Sequence[Standing]) -> None:
    """Keep the highest version of each; of equal ones the later, then the one that is suppressed."""
    newest = {(one.person_id, one.address): one for one in sorted(standings, key=_rank)}
    rows = list(newest.values())
    await conn.execute(
        """
        INSERT INTO addresses AS kept (person_id, address, version, state, reason, changed_at)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::timestamptz[])
            ON CONFLICT (person_id, address) DO UPDATE
           SET version = excluded.version, state = excluded.state, reason = excluded.reason,
               changed_at = excluded.changed_at
         WHERE (kept.version, kept.changed_at, kept.state) < (excluded.version, excluded.changed_at, excluded.state)
        """,
        [row.person_id for row in rows],
        [row.address for row in rows],
        [row.version for row in rows],
        [row.state for row in rows],
        [row.reason for row in rows],
        [row.changed_at for row in rows],
    )


async def current_address(conn: Conn, person_id: UUID) -> str | None:
    """Where mail for this person goes now."""
    address: str | None = await conn.fetchval(
        "SELECT email FROM people WHERE person_id = $1 ORDER BY version DESC, cell LIMIT 1", person_id
    )
    return address


async def queue_confirmation(
    conn: Conn, *, mail_id: UUID, cause: str, person_id: UUID, cell: str, network: str, now: datetime
) -> bool:
    """Put the mail with the link into the queue; False where this cause has been mailed."""
    status = await conn.execute(
        """
        INSERT INTO notifications
               (id, cause, person_id, channel, kind, cell, network, state, priority, created_at, next_attempt_at)
        VALUES ($1, $2, $3, 'email', 'address-to-confirm', $4, $5, 'queued', 1, $6, $6)
            ON CONFLICT (cause, person_id, channel) DO NOTHING
        """,
        mail_id,
        cause,
        person_id,
        cell,
        network,
        now,
    )
    return status == "INSERT 0 1"


def _rank(one: Standing) -> tuple[object, ...]:
    return (one.version, one.changed_at, one.state)
