"""Published figures, read as they were published; names are those of today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """A network's published figures; None where suppressed."""

    network_id: UUID
    kind: str
    name: str
    day: date
    members: int | None
    directly: int | None
    trusts: int
    trusts_with_members: int


async def published_members(conn: Conn, network_id: UUID, *, until: date) -> list[PublishedRow]:
    """The network's newest figures up to that day, and of the same day those of the networks next below."""
    rows = await conn.fetch(
        """
        WITH newest AS (
            SELECT max(day) AS day FROM published_members WHERE network_id = $1 AND day <= $2
        )
        SELECT p.network_id, n.kind, n.name, p.day, p.members, p.directly, p.trusts, p.trusts_with_members
          FROM published_members p
          JOIN newest USING (day)
          JOIN tree_on($2) n USING (network_id)
         WHERE p.network_id = $1 OR p.parent_id = $1
         ORDER BY p.network_id <> $1, n.path
        """,
        network_id,
        until,
    )
    return [PublishedRow(**row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCoverage:
    day: date
    trusts: int
    trusts_with_members: int


async def published_coverage(conn: Conn, network_id: UUID, days: Sequence[date]) -> list[PublishedCoverage]:
    """For each of these days the newest figures since the day before it, where any were published."""
    rows = await conn.fetch(
        """
        SELECT p.day, p.trusts, p.trusts_with_members
          FROM (SELECT day AS until, lag(day) OVER (ORDER BY day) AS after FROM unnest($2::date[]) AS d (day)) step
         CROSS JOIN LATERAL (SELECT day, trusts, trusts_with_members
                               FROM published_members
                              WHERE network_id = $1 AND day <= step.until AND day > coalesce(step.after, step.until - 1)
                              ORDER BY day DESC
                              LIMIT 1) p
         ORDER BY p.day
        """,
        network_id,
        list(days),
    )
    return [PublishedCoverage(**row) for row in rows]
