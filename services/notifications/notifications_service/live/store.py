"""What open streams ask: once for all of them what is new and who is still who, then each its own items."""

from collections.abc import Sequence
from uuid import UUID

from notifications_service.live.model import Standing
from notifications_service.tellings.store import Item
from servicekit.database import Conn


async def standing(conn: Conn, cell: str, person_id: UUID, feed: str, *, after: int) -> Standing:
    row = await conn.fetchrow(
        """
        SELECT coalesce((SELECT last FROM servicekit.feed_counters WHERE feed = $3), 0) AS last,
               (SELECT told_at FROM notifications
                 WHERE cell = $1 AND person_id = $2 AND position > $4
                 ORDER BY position
                 LIMIT 1) AS next_at
        """,
        cell,
        person_id,
        feed,
        after,
    )
    assert row is not None
    return Standing(row["last"], row["next_at"])


async def items_after(conn: Conn, cell: str, person_id: UUID, after: int, *, limit: int) -> list[Item]:
    """What follows a position in a person's list, the oldest first."""
    rows = await conn.fetch(
        """
        SELECT n.id, n.cause, n.network, n.position, n.kind, n.event_id, n.event_version, n.place_in_line, r.code,
               n.told_at, n.read_at
          FROM notifications n
          LEFT JOIN registrations r ON r.registration_id = n.registration_id AND r.status = 'confirmed'
         WHERE n.cell = $1 AND n.person_id = $2 AND n.position > $3
         ORDER BY n.position
         LIMIT $4
        """,
        cell,
        person_id,
        after,
        limit,
    )
    return [Item(**row) for row in rows]


async def newest(conn: Conn, feeds: Sequence[str]) -> dict[str, int]:
    """The newest position of each of these lists."""
    rows = await conn.fetch(
        "SELECT feed, last FROM servicekit.feed_counters WHERE feed = ANY ($1::text[])", list(feeds)
    )
    return {row["feed"]: row["last"] for row in rows}


async def people_behind(conn: Conn, issuers: Sequence[str], identities: Sequence[str]) -> list[UUID | None]:
    """Who each of these identities is now, in order: None where nobody. One call, each judged in its own scope."""
    found: list[UUID | None] = await conn.fetchval(
        "SELECT people_behind($1::text[], $2::text[])", list(issuers), list(identities)
    )
    return found
