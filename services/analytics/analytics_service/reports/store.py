"""Published figures, read as they were published; names are those of today."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from analytics_service.disclosure.funnels import MEASURES
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedActivityRow:
    """A network's published members and the active among them; None where suppressed."""

    network_id: UUID
    kind: str
    name: str
    day: date
    members: int | None
    directly: int | None
    active: int | None
    active_directly: int | None


async def published_activity(conn: Conn, network_id: UUID, *, until: date) -> list[PublishedActivityRow]:
    """The network's newest figures up to that day, and of the same day those of the networks next below."""
    rows = await conn.fetch(
        """
        WITH newest AS (
            SELECT max(day) AS day FROM published_activity WHERE network_id = $1 AND day <= $2
        )
        SELECT p.network_id, n.kind, n.name, p.day, m.members, m.directly, p.active, p.active_directly
          FROM published_activity p
          JOIN newest USING (day)
          JOIN published_members m ON m.network_id = p.network_id AND m.day = p.day
          JOIN tree_on($2) n ON n.network_id = p.network_id
         WHERE p.network_id = $1 OR p.parent_id = $1
         ORDER BY p.network_id <> $1, n.path
        """,
        network_id,
        until,
    )
    return [PublishedActivityRow(**row) for row in rows]


async def published_retention(
    conn: Conn, network_ids: Sequence[UUID], *, first: date, last: date
) -> dict[date, dict[int, int | None]]:
    """Of these networks together, by month of joining and months after; None unless every one of them is shown."""
    rows = await conn.fetch(
        """
        SELECT month, after,
               CASE WHEN count(people) = cardinality($1::uuid[]) THEN sum(people) END::int AS people
          FROM (SELECT network_id, month, after, people FROM published_retention
                 UNION
                SELECT h.network_id, h.month, h.after, h.people
                  FROM heard_retention h
                 WHERE NOT EXISTS (SELECT FROM published_retention p
                                    WHERE (p.network_id, p.month, p.after) = (h.network_id, h.month, h.after))) AS told
         WHERE network_id = ANY ($1::uuid[]) AND month BETWEEN $2 AND $3
         GROUP BY month, after
         ORDER BY month, after
        """,
        list(network_ids),
        first,
        last,
    )
    found: dict[date, dict[int, int | None]] = defaultdict(dict)
    for row in rows:
        found[row["month"]][row["after"]] = row["people"]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSum:
    """What was published last of each of some events, added up as it is shown."""

    figures: dict[str, int | None]
    """By measure; None where none of them is shown."""
    withheld: dict[str, int]
    """By measure: of how many events the figure is suppressed."""
    newest: date


async def published_sums(conn: Conn, event_ids: Sequence[UUID]) -> dict[str, PublishedSum]:
    """By part, `all` and `elsewhere`: nothing is learned from a sum of figures that were published one by one."""
    rows = await conn.fetch(
        """
        WITH newest AS (
            SELECT event_id, max(day) AS day FROM published_funnels WHERE event_id = ANY ($1::uuid[]) GROUP BY event_id
        )
        SELECT p.part, max(p.day) AS newest, count(*) AS events,
               sum(p.eligible) AS eligible, sum(p.told) AS told, sum(p.registered) AS registered,
               sum(p.waited) AS waited, sum(p.attended) AS attended,
               count(p.eligible) AS eligible_shown, count(p.told) AS told_shown,
               count(p.registered) AS registered_shown, count(p.waited) AS waited_shown,
               count(p.attended) AS attended_shown
          FROM published_funnels p
          JOIN newest USING (event_id, day)
         WHERE p.part <> 'network'
         GROUP BY p.part
        """,
        list(event_ids),
    )
    return {
        row["part"]: PublishedSum(
            figures={measure: row[measure] for measure in MEASURES},
            withheld={measure: row["events"] - row[f"{measure}_shown"] for measure in MEASURES},
            newest=row["newest"],
        )
        for row in rows
    }
