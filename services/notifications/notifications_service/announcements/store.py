"""Announcements and their audience, which is computed where the memberships are."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from notifications_service.announcements.model import Announcement, Words
from notifications_service.tellings.model import Audience, Kind
from servicekit.database import Conn

NOBODY_YET = UUID(int=0)


async def insert(conn: Conn, announcement: Announcement, *, before_start: bool) -> None:
    """Write it down, unless it is there already; one from before the start is told to nobody."""
    await conn.execute(
        """
        INSERT INTO announcements
               (cause, kind, event_id, cell, network, eligible_on, networks, sectors, job_roles,
                state, created_at, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (cause) DO NOTHING
        """,
        announcement.cause,
        announcement.kind.value,
        announcement.event_id,
        announcement.cell,
        announcement.network,
        announcement.eligible_on,
        list(announcement.networks),
        list(announcement.sectors),
        list(announcement.job_roles),
        "before-start" if before_start else "running",
        announcement.created_at,
        announcement.next_at,
    )


async def due(conn: Conn, *, now: datetime) -> list[Announcement]:
    """Those that have something to do now: reminders first, then the longest waiting."""
    rows = await conn.fetch(
        """
        SELECT cause, kind, event_id, cell, network, eligible_on, networks, sectors, job_roles,
               passes, resume_after, told, created_at, next_at
          FROM announcements
         WHERE state = 'running' AND next_at <= $1
         ORDER BY kind <> 'event-reminder', next_at
        """,
        now,
    )
    return [_announcement(row) for row in rows]


async def lock(conn: Conn, cause: str) -> Announcement | None:
    """Hold a running announcement and read where it stands; None where somebody else holds it, or it is done."""
    row = await conn.fetchrow(
        """
        SELECT cause, kind, event_id, cell, network, eligible_on, networks, sectors, job_roles,
               passes, resume_after, told, created_at, next_at
          FROM announcements
         WHERE cause = $1 AND state = 'running'
           FOR UPDATE SKIP LOCKED
        """,
        cause,
    )
    return _announcement(row) if row else None


async def networks_meant(conn: Conn, networks: Sequence[UUID]) -> list[UUID]:
    """These networks and all below them."""
    rows = await conn.fetch(
        """
        SELECT n.network_id
          FROM access_networks n
         WHERE EXISTS (SELECT FROM access_networks open
                        WHERE open.network_id = ANY ($1::uuid[]) AND open.path @> n.path)
        """,
        list(networks),
    )
    return [row["network_id"] for row in rows]


async def members(conn: Conn, announcement: Announcement, meant: Sequence[UUID], *, limit: int) -> Audience:
    """The next people who are meant and have not been told, in the order of their ids.

    The answer is that of `events_contracts.eligible` on the day of publication: one membership, current on that
    day, fulfils the whole rule, with the sector and job role that it had then. meant: `networks_meant`. Memberships
    are walked through in the order of their people, so that a chunk costs the same wherever it begins.
    """
    people: list[UUID] | None = await conn.fetchval(
        """
        SELECT array_agg(person_id)
          FROM (SELECT DISTINCT m.person_id
                  FROM access_memberships m
                 WHERE m.person_id > $2 AND m.network_id = ANY ($4::uuid[])
                   AND m.since <= $3 AND (m.until IS NULL OR $3 <= m.until)
                   AND ((cardinality($5::text[]) = 0 AND cardinality($6::text[]) = 0)
                        OR EXISTS (SELECT FROM (SELECT d.sector, d.job_role
                                                  FROM access_descriptions d
                                                 WHERE d.membership_id = m.membership_id AND d.described_from <= $3
                                                 ORDER BY d.described_from DESC
                                                 LIMIT 1) d
                                    WHERE (cardinality($5) = 0 OR d.sector = ANY ($5))
                                      AND (cardinality($6) = 0 OR d.job_role = ANY ($6))))
                   AND NOT EXISTS (SELECT FROM notifications told
                                    WHERE told.cause = $1 AND told.person_id = m.person_id AND told.person_id > $2)
                 ORDER BY m.person_id
                 LIMIT $7) next
        """,
        announcement.cause,
        announcement.resume_after or NOBODY_YET,
        announcement.eligible_on,
        meant,
        list(announcement.sectors),
        list(announcement.job_roles),
        limit,
    )
    return Audience(people or [])


async def registrants(conn: Conn, announcement: Announcement, *, limit: int) -> Audience:
    """The next people with a confirmed place who have not been told, in the order of their ids.

    Whoever was told of their place since it came due knows, and is not told again.
    """
    rows = await conn.fetch(
        """
        SELECT DISTINCT ON (r.person_id) r.person_id, r.registration_id
          FROM registrations r
         WHERE r.event_id = $1 AND r.status = 'confirmed' AND r.person_id > $3
           AND NOT EXISTS (SELECT FROM notifications told
                            WHERE told.cause = $2 AND told.person_id = r.person_id)
           AND NOT EXISTS (SELECT FROM notifications place
                            WHERE place.cell = $4 AND place.person_id = r.person_id
                              AND place.registration_id = r.registration_id AND place.created_at >= $5
                              AND place.kind IN ('registration-confirmed', 'registration-promoted'))
         ORDER BY r.person_id
         LIMIT $6
        """,
        announcement.event_id,
        announcement.cause,
        announcement.resume_after or NOBODY_YET,
        announcement.cell,
        announcement.created_at,
        limit,
    )
    return Audience([row["person_id"] for row in rows], [row["registration_id"] for row in rows])


async def stop(conn: Conn, event_id: UUID, *, kinds: Collection[Kind], but: str | None = None, now: datetime) -> None:
    """Nobody more is told these things of this event. but: what the causes begin with that go on."""
    await conn.execute(
        """
        UPDATE announcements
           SET state = 'stopped', finished_at = $2
         WHERE event_id = $1 AND state = 'running' AND kind = ANY ($3::text[])
           AND ($4::text IS NULL OR NOT starts_with(cause, $4))
        """,
        event_id,
        now,
        [kind.value for kind in kinds],
        but,
    )


async def save(conn: Conn, announcement: Announcement, *, now: datetime) -> None:
    """Note how far it has come."""
    await conn.execute(
        """
        UPDATE announcements
           SET passes = $2, resume_after = $3, next_at = $4, told = $5,
               state = CASE WHEN $6 THEN 'done' ELSE state END,
               finished_at = CASE WHEN $6 THEN $7::timestamptz END
         WHERE cause = $1
        """,
        announcement.cause,
        announcement.passes,
        announcement.resume_after,
        announcement.next_at,
        announcement.told,
        announcement.is_done,
        now,
    )


async def words(conn: Conn, causes: Collection[str]) -> dict[str, Words]:
    """What leads said, by cause, as far as this transaction may see it."""
    if not causes:
        return {}
    rows = await conn.fetch(
        """
        SELECT a.cause, a.title, a.body, n.name
          FROM announcements a
          LEFT JOIN access_networks n USING (network_id)
         WHERE a.cause = ANY ($1::text[]) AND a.kind = 'announcement'
        """,
        list(causes),
    )
    return {row["cause"]: Words(row["title"], row["body"], row["name"]) for row in rows}


def _announcement(row: "asyncpg.Record") -> Announcement:
    fields: dict[str, Any] = dict(row)
    lists: Sequence[str] = ("networks", "sectors", "job_roles")
    return Announcement(**(fields | {name: tuple(fields[name]) for name in lists} | {"kind": Kind(fields["kind"])}))
