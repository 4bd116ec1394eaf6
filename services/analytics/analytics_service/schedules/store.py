"""Schedules and the reports that are ready, row by row; whose they are, row-level security decides."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from analytics_service.schedules.model import AlreadyScheduled, Every, ReadyReport, Schedule, ScheduleNotFound
from servicekit.database import Conn


async def count_live(conn: Conn, person_id: UUID) -> int:
    """Held against twins for the rest of the transaction."""
    await conn.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('schedules of ' || $1::uuid::text, 0))", person_id
    )
    count: int = await conn.fetchval(
        "SELECT count(*) FROM report_schedules WHERE person_id = $1 AND ended_at IS NULL", person_id
    )
    return count


async def add(conn: Conn, schedule: Schedule) -> None:
    """Raises AlreadyScheduled."""
    try:
        await conn.execute(
            """
            INSERT INTO report_schedules (schedule_id, version, person_id, cell, network_id, report, every, on_day,
                                          next_on, reports, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            schedule.schedule_id,
            schedule.version,
            schedule.person_id,
            schedule.cell,
            schedule.network_id,
            schedule.report,
            schedule.every,
            schedule.on_day,
            schedule.next_on,
            schedule.reports,
            schedule.created_at,
        )
    except asyncpg.UniqueViolationError:
        raise _twice() from None


async def save(conn: Conn, schedule: Schedule) -> None:
    """Raises AlreadyScheduled."""
    try:
        await conn.execute(
            """
            UPDATE report_schedules
               SET version = $2, every = $3, on_day = $4, next_on = $5, reports = $6, ended_at = $7, ended_because = $8
             WHERE schedule_id = $1
            """,
            schedule.schedule_id,
            schedule.version,
            schedule.every,
            schedule.on_day,
            schedule.next_on,
            schedule.reports,
            schedule.ended_at,
            schedule.ended_because,
        )
    except asyncpg.UniqueViolationError:
        raise _twice() from None


def _twice() -> AlreadyScheduled:
    return AlreadyScheduled("You get this report of this network on these days already.")


async def lock(conn: Conn, schedule_id: UUID) -> Schedule:
    """Raises ScheduleNotFound, also where it is somebody else's."""
    await conn.execute("SELECT FROM report_schedules WHERE schedule_id = $1 FOR UPDATE", schedule_id)
    return await get(conn, schedule_id)


async def get(conn: Conn, schedule_id: UUID) -> Schedule:
    rows = await _schedules(conn, "WHERE schedule_id = $1", schedule_id)
    if not rows:
        raise ScheduleNotFound("There is no schedule of yours with this id.")
    return rows[0]


async def page(
    conn: Conn, cell: str, person_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[Schedule]:
    """A person's own in a cell, the newest first, ended ones among them."""
    return await _schedules(
        conn,
        """
        WHERE cell = $1 AND person_id = $2 AND ($3::timestamptz IS NULL OR (created_at, schedule_id) < ($3, $4::uuid))
        ORDER BY created_at DESC, schedule_id DESC
        LIMIT $5
        """,
        cell,
        person_id,
        *(before or (None, None)),
        limit,
    )


async def due(conn: Conn, cells: Sequence[str], *, today: date, at_latest: bool, limit: int) -> list[UUID]:
    """Live ones whose day has come and whose network's figures of yesterday are there; at_latest: whether or not."""
    rows = await conn.fetch(
        """
        SELECT s.schedule_id
          FROM report_schedules s
         WHERE s.ended_at IS NULL AND s.next_on <= $1 AND s.cell = ANY ($2::text[])
           AND ($3 OR EXISTS (SELECT FROM published_members p WHERE p.network_id = s.network_id AND p.day >= $1 - 1))
         ORDER BY s.next_on, s.schedule_id
         LIMIT $4
        """,
        today,
        list(cells),
        at_latest,
        limit,
    )
    return [row["schedule_id"] for row in rows]


async def _schedules(conn: Conn, condition: str, *arguments: Any) -> list[Schedule]:
    """condition: one of those written above."""
    rows = await conn.fetch(
        f"""
        SELECT schedule_id, version, person_id, cell, network_id, report, every, on_day, next_on, reports, created_at,
               ended_at, ended_because
          FROM report_schedules
        {condition}
        """,
        *arguments,
    )
    return [Schedule(**(dict(row) | {"every": Every(row["every"])})) for row in rows]


async def add_ready(conn: Conn, ready: ReadyReport) -> bool:
    """False where the period has been told of already."""
    done = await conn.execute(
        """
        INSERT INTO ready_reports (report_id, schedule_id, person_id, link_hash, cell, network_id, report, first_day,
                                   last_day, ready_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (schedule_id, last_day) DO NOTHING
        """,
        ready.report_id,
        ready.schedule_id,
        ready.person_id,
        ready.link_hash,
        ready.cell,
        ready.network_id,
        ready.report,
        ready.first,
        ready.last,
        ready.ready_at,
        ready.expires_at,
    )
    return done == "INSERT 0 1"


async def find_linked(conn: Conn, link_hash: str) -> ReadyReport | None:
    row = await conn.fetchrow(
        """
        SELECT report_id, schedule_id, person_id, link_hash, cell, network_id, report, first_day AS first,
               last_day AS last, ready_at, expires_at, withdrawn_at
          FROM ready_reports
         WHERE link_hash = $1
        """,
        link_hash,
    )
    return ReadyReport(**row) if row else None


async def withdraw(conn: Conn, schedule_id: UUID, *, at: datetime) -> None:
    """Links to its reports open nothing any more."""
    await conn.execute(
        "UPDATE ready_reports SET withdrawn_at = $2 WHERE schedule_id = $1 AND withdrawn_at IS NULL", schedule_id, at
    )


async def forget_expired(conn: Conn, *, before: datetime) -> int:
    rows = await conn.fetch("DELETE FROM ready_reports WHERE expires_at < $1 RETURNING 1", before)
    return len(rows)
