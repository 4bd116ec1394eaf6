"""What has been published of activity and of retention; rows here are added, never changed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from analytics_service.snapshots.model import PublishedActivity
from servicekit.database import Conn


async def hold(conn: Conn, network_ids: Collection[UUID]) -> None:
    """Lock the rows that order these networks' signals; members of each were published before."""
    await conn.execute(
        "SELECT FROM published_subjects WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE", list(network_ids)
    )


async def activity_published(conn: Conn, ids: Collection[UUID], day: date) -> set[UUID]:
    rows = await conn.fetch(
        "SELECT network_id FROM published_activity WHERE day = $2 AND network_id = ANY ($1::uuid[])", list(ids), day
    )
    return {row["network_id"] for row in rows}


async def add_activity(conn: Conn, day: date, rows: Sequence[PublishedActivity]) -> None:
    await conn.execute(
        """
        INSERT INTO published_activity (day, network_id, parent_id, active, active_directly)
        SELECT $1, network_id, parent_id, active, active_directly
          FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::int[])
               AS new (network_id, parent_id, active, active_directly)
        """,
        day,
        [row.network_id for row in rows],
        [row.parent_id for row in rows],
        [row.active for row in rows],
        [row.active_directly for row in rows],
    )


async def retention_published(conn: Conn, network_id: UUID, *, since: date) -> dict[date, dict[int, int | None]]:
    """By month of joining, from this month on: the figures by months after."""
    rows = await conn.fetch(
        """
        SELECT month, after, people
          FROM published_retention
         WHERE network_id = $1 AND month >= $2
         ORDER BY month, after
        """,
        network_id,
        since,
    )
    found: dict[date, dict[int, int | None]] = defaultdict(dict)
    for row in rows:
        found[row["month"]][row["after"]] = row["people"]
    return found


async def add_retention(conn: Conn, network_id: UUID, figures: Mapping[date, Mapping[int, int | None]]) -> None:
    rows = [(month, after, people) for month, points in figures.items() for after, people in points.items()]
    await conn.execute(
        """
        INSERT INTO published_retention (network_id, month, after, people)
        SELECT $1, month, after, people
          FROM unnest($2::date[], $3::int[], $4::int[]) AS new (month, after, people)
        """,
        network_id,
        [month for month, _, _ in rows],
        [after for _, after, _ in rows],
        [people for _, _, people in rows],
    )
