"""Announcements and their audience, which is computed where the memberships are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from notifications_service.announcements.model import Announcement
from servicekit.database import Conn


async def insert(conn: Conn, announcement: Announcement, *, before_start: bool) -> None:
    """Write it down, unless it is there already; one from before the start is told to nobody."""
    await conn.execute(
        """
        INSERT INTO announcements
               (cause, event_id, cell, network, eligible_on, networks, sectors, job_roles,
                state, created_at, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
            ON CONFLICT (cause) DO NOTHING
        """,
        announcement.cause,
        announcement.event_id,
        announcement.cell,
        announcement.network,
        announcement.eligible_on,
        list(announcement.networks),
        list(announcement.sectors),
        list(announcement.job_roles),
        "before-start" if before_start else "running",
        announcement.next_at,
    )


async def due(conn: Conn, *, now: datetime) -> list[Announcement]:
    """Those that have something to do now, the longest waiting first."""
    rows = await conn.fetch(
        """
        SELECT cause, event_id, cell, network, eligible_on, networks, sectors, job_roles,
               passes, resume_after, next_at
          FROM announcements
         WHERE state = 'running' AND next_at <= $1
         ORDER BY next_at
        """,
        now,
    )
    return [_announcement(row) for row in rows]


async def lock(conn: Conn, cause: str) -> Announcement | None:
    """Hold a running announcement and read where it stands; None where somebody else holds it, or it is done."""
    row = await conn.fetchrow(
        """
        SELECT cause, event_id, cell, network, eligible_on, networks, sectors, job_roles,
               passes, resume_after, next_at
          FROM announcements
         WHERE cause = $1 AND state = 'running'
           FOR UPDATE SKIP LOCKED
        """,
        cause,
    )
    return _announcement(row) if row else None


async def audience(conn: Conn, announcement: Announcement, *, limit: int) -> list[UUID]:
    """The next people who may come and have not been told, in the order of their ids.

    The answer is that of `events_contracts.eligible` on the day of publication: one membership, current on that
    day, fulfils the whole rule, with the sector and job role that it had then.
    """
    rows = await conn.fetch(
        """
        SELECT DISTINCT m.person_id
          FROM access_memberships m
          JOIN access_networks n USING (network_id)
         WHERE ($2::uuid IS NULL OR m.person_id > $2)
           AND m.since <= $3 AND (m.until IS NULL OR $3 <= m.until)
           AND EXISTS (SELECT FROM access_networks open
                        WHERE open.network_id = ANY ($4::uuid[]) AND open.path @> n.path)
           AND ((cardinality($5::text[]) = 0 AND cardinality($6::text[]) = 0)
                OR EXISTS (SELECT FROM (SELECT d.sector, d.job_role
                                          FROM access_descriptions d
                                         WHERE d.membership_id = m.membership_id AND d.described_from <= $3
                                         ORDER BY d.described_from DESC
                                         LIMIT 1) d
                            WHERE (cardinality($5) = 0 OR d.sector = ANY ($5))
                              AND (cardinality($6) = 0 OR d.job_role = ANY ($6))))
           AND NOT EXISTS (SELECT FROM notifications told
                            WHERE told.cause = $1 AND told.person_id = m.person_id)
         ORDER BY m.person_id
         LIMIT $7
        """,
        announcement.cause,
        announcement.resume_after,
        announcement.eligible_on,
        list(announcement.networks),
        list(announcement.sectors),
        list(announcement.job_roles),
        limit,
    )
    return [row["person_id"] for row in rows]


async def stop(conn: Conn, event_id: UUID, *, now: datetime) -> None:
    """Nobody more is told of this event."""
    await conn.execute(
        """
        UPDATE announcements
           SET state = 'stopped', finished_at = $2
         WHERE event_id = $1 AND state = 'running'
        """,
        event_id,
        now,
    )


async def save(conn: Conn, announcement: Announcement, *, told: int, now: datetime) -> None:
    """Note how far it has come. told: how many people more."""
    await conn.execute(
        """
        UPDATE announcements
           SET passes = $2, resume_after = $3, next_at = $4, told = told + $5,
               state = CASE WHEN $6 THEN 'done' ELSE state END,
               finished_at = CASE WHEN $6 THEN $7::timestamptz END
         WHERE cause = $1
        """,
        announcement.cause,
        announcement.passes,
        announcement.resume_after,
        announcement.next_at,
        told,
        announcement.is_done,
        now,
    )


def _announcement(row: "asyncpg.Record") -> Announcement:
    fields: dict[str, Any] = dict(row)
    lists: Sequence[str] = ("networks", "sectors", "job_roles")
    return Announcement(**(fields | {name: tuple(fields[name]) for name in lists}))
