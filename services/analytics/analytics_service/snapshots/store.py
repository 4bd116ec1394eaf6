"""What has been published, and what is still to be; rows here are added, never changed."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from analytics_service.disclosure.funnels import ALL, PublishedFunnel
from analytics_service.snapshots.model import REPORTED_FOR, Due, PublishedMembers, Snapshot
from servicekit.database import Conn

TAKING = 0x736E6170  # "snap": one snapshot is taken at a time, so that each figure is decided once
ELSEWHERE = "elsewhere"
"""The part of an event's people who are at home in none of its networks."""


async def wait_for_turn(conn: Conn) -> None:
    await conn.execute("SELECT pg_advisory_xact_lock($1)", TAKING)


async def find(conn: Conn, network_id: UUID, day: date) -> Snapshot | None:
    row = await conn.fetchrow(
        """
        SELECT network_id, day, cell, taken_at, networks, events
          FROM snapshots
         WHERE network_id = $1 AND day = $2
        """,
        network_id,
        day,
    )
    return Snapshot(**row) if row else None


async def of_network(conn: Conn, network_id: UUID, *, before: date | None, limit: int) -> list[Snapshot]:
    """Newest first, those older than `before`."""
    rows = await conn.fetch(
        """
        SELECT network_id, day, cell, taken_at, networks, events
          FROM snapshots
         WHERE network_id = $1 AND ($2::date IS NULL OR day < $2)
         ORDER BY day DESC
         LIMIT $3
        """,
        network_id,
        before,
        limit,
    )
    return [Snapshot(**row) for row in rows]


async def add(conn: Conn, snapshot: Snapshot) -> None:
    await conn.execute(
        """
        INSERT INTO snapshots (network_id, day, cell, taken_at, networks, events)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        snapshot.network_id,
        snapshot.day,
        snapshot.cell,
        snapshot.taken_at,
        snapshot.networks,
        snapshot.events,
    )


async def ask_for(conn: Conn, network_id: UUID, day: date, *, at: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO snapshot_requests (network_id, day, asked_at) VALUES ($1, $2, $3)
            ON CONFLICT DO NOTHING
        """,
        network_id,
        day,
        at,
    )


async def is_asked_for(conn: Conn, network_id: UUID, day: date) -> bool:
    return bool(
        await conn.fetchval(
            "SELECT EXISTS (SELECT FROM snapshot_requests WHERE network_id = $1 AND day = $2)", network_id, day
        )
    )


async def forget_request(conn: Conn, network_id: UUID, day: date) -> None:
    await conn.execute("DELETE FROM snapshot_requests WHERE network_id = $1 AND day = $2", network_id, day)


async def due(conn: Conn, roots: Collection[str], *, day: date) -> list[Due]:
    """What is asked for, then the day's snapshot of each root that is not taken yet and was known by that day."""
    rows = await conn.fetch(
        """
        SELECT network_id, day, 0 AS turn, asked_at, '' AS path
          FROM snapshot_requests
         UNION ALL
        SELECT t.network_id, $2, 1, NULL, t.path::text
          FROM tree_on($2) t
         WHERE t.path::text = ANY ($1::text[])
           AND EXISTS (SELECT FROM network_versions v WHERE v.network_id = t.network_id AND v.told_on <= $2)
           AND NOT EXISTS (SELECT FROM snapshots s WHERE s.network_id = t.network_id AND s.day = $2)
         ORDER BY turn, asked_at, path
        """,
        list(roots),
        day,
    )
    return [Due(network_id=row["network_id"], day=row["day"]) for row in rows]


async def events_to_count(conn: Conn, path: str, cell: str, day: date) -> list[UUID]:
    """Events held by networks of this cell at this path and below that are reported on this day, and are not yet."""
    rows = await conn.fetch(
        """
        SELECT e.event_id
          FROM events e
          JOIN tree_on($3) n USING (network_id)
         WHERE n.path <@ $1::text::ltree AND n.cell = $2
           AND (e.published_at AT TIME ZONE 'Europe/London')::date <= $3
           AND $3 <= (e.ends_at AT TIME ZONE 'Europe/London')::date + $4::int
           AND NOT EXISTS (SELECT FROM published_funnels p WHERE p.event_id = e.event_id AND p.day = $3)
         ORDER BY e.event_id
        """,
        path,
        cell,
        day,
        REPORTED_FOR.days,
    )
    return [row["event_id"] for row in rows]


async def next_versions(conn: Conn, ids: Collection[UUID]) -> dict[UUID, int]:
    """Hold each subject's row, and count its signals on."""
    rows = await conn.fetch(
        """
        INSERT INTO published_subjects AS kept (id, version)
        SELECT id, 1 FROM unnest($1::uuid[]) AS new (id)
            ON CONFLICT (id) DO UPDATE SET version = kept.version + 1
        RETURNING id, version
        """,
        sorted(ids),
    )
    return {row["id"]: row["version"] for row in rows}


async def networks_published(conn: Conn, ids: Collection[UUID], day: date) -> set[UUID]:
    rows = await conn.fetch(
        "SELECT network_id FROM published_members WHERE day = $2 AND network_id = ANY ($1::uuid[])", list(ids), day
    )
    return {row["network_id"] for row in rows}


async def add_members(conn: Conn, day: date, rows: Sequence[PublishedMembers]) -> None:
    await conn.execute(
        """
        INSERT INTO published_members
               (day, network_id, parent_id, members, directly, trusts, trusts_with_members)
        SELECT $1, network_id, parent_id, members, directly, trusts, trusts_with_members
          FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::int[], $6::int[], $7::int[])
               AS new (network_id, parent_id, members, directly, trusts, trusts_with_members)
        """,
        day,
        [row.network_id for row in rows],
        [row.parent_id for row in rows],
        [row.members for row in rows],
        [row.directly for row in rows],
        [row.trusts for row in rows],
        [row.trusts_with_members for row in rows],
    )


async def add_funnel(conn: Conn, event_id: UUID, funnel: PublishedFunnel) -> None:
    kinds = ["all" if part == ALL else "elsewhere" if part == ELSEWHERE else "network" for part in funnel.parts]
    figures = list(funnel.parts.values())
    await conn.execute(
        """
        INSERT INTO published_funnels
               (event_id, day, part, network_id, eligible, told, registered, waited, attended)
        SELECT $1, $2, part, network_id, eligible, told, registered, waited, attended
          FROM unnest($3::text[], $4::uuid[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[])
               AS new (part, network_id, eligible, told, registered, waited, attended)
        """,
        event_id,
        funnel.day,
        kinds,
        [part if kind == "network" else None for part, kind in zip(funnel.parts, kinds, strict=True)],
        [row["eligible"] for row in figures],
        [row["told"] for row in figures],
        [row["registered"] for row in figures],
        [row["waited"] for row in figures],
        [row["attended"] for row in figures],
    )


async def funnels_published(
    conn: Conn, event_ids: Collection[UUID], *, until: date | None = None
) -> dict[UUID, list[PublishedFunnel]]:
    """What was published of each event, by day; until: the newest day that counts."""
    rows = await conn.fetch(
        """
        SELECT event_id, day, part, network_id, eligible, told, registered, waited, attended
          FROM published_funnels
         WHERE event_id = ANY ($1::uuid[]) AND ($2::date IS NULL OR day <= $2)
         ORDER BY event_id, day, part, network_id
        """,
        list(event_ids),
        until,
    )
    parts: dict[tuple[UUID, date], dict[object, dict[str, int | None]]] = defaultdict(dict)
    for row in rows:
        figures = dict(row)
        event_id, day, part, network_id = (figures.pop(name) for name in ("event_id", "day", "part", "network_id"))
        parts[event_id, day][{"all": ALL, "elsewhere": ELSEWHERE}.get(part, network_id)] = figures
    found: dict[UUID, list[PublishedFunnel]] = defaultdict(list)
    for (event_id, day), figures_by_part in parts.items():
        found[event_id].append(PublishedFunnel(day=day, parts=figures_by_part))
    return found
