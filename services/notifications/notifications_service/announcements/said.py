"""What leads say to their networks, as it is asked for, shown and steered; and the figures of its progress."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from notifications_service.announcements.model import MAY_BE, NotPossibleNow, State, Words
from servicekit.database import Conn
from servicekit.problem import NotFound

STEERED = {State.PAUSED: "paused", State.RUNNING: "resumed", State.STOPPED: "stopped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An announcement as its makers see it. total: None until it has been counted."""

    id: UUID
    network_id: UUID
    title: str
    body: str
    sectors: Sequence[str]
    job_roles: Sequence[str]
    state: str
    total: int | None
    told: int
    suppressed: int
    mails_sent: int
    mails_failed: int
    mails_waiting: int
    counted_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSaid:
    id: UUID
    network_id: UUID
    cell: str
    network: str
    words: Words
    sectors: Sequence[str]
    job_roles: Sequence[str]
    eligible_on: date
    made_by: UUID
    at: datetime

    @property
    def cause(self) -> str:
        return f"announcement:{self.id}"


async def insert(conn: Conn, new: NewSaid) -> None:
    await conn.execute(
        """
        INSERT INTO announcements
               (cause, kind, id, cell, network, network_id, eligible_on, networks, sectors, job_roles, title, body,
                made_by, state, created_at, next_at)
        VALUES ($1, 'announcement', $2, $3, $4, $5::uuid, $6, ARRAY[$5::uuid], $7, $8, $9, $10, $11, 'running',
                $12, $12)
        """,
        new.cause,
        new.id,
        new.cell,
        new.network,
        new.network_id,
        new.eligible_on,
        list(new.sectors),
        list(new.job_roles),
        new.words.title,
        new.words.text,
        new.made_by,
        new.at,
    )


async def get(conn: Conn, cell: str, announcement_id: UUID) -> Said:
    """Raises NotFound, also where it is another cell's, or nothing that the caller may see."""
    row = await conn.fetchrow(
        """
        SELECT id, network_id, title, body, sectors, job_roles, state, total, told, suppressed,
               mails_sent, mails_failed, mails_waiting, counted_at, created_at, finished_at
          FROM announcements
         WHERE id = $1 AND cell = $2 AND kind = 'announcement'
        """,
        announcement_id,
        cell,
    )
    if row is None:
        raise NotFound("There is no such announcement here.")
    return Said(**row)


async def network_path(conn: Conn, cell: str, announcement_id: UUID) -> str:
    """Where it is decided who may see and steer it: the path of its network as it is now. Raises NotFound."""
    path: str | None = await conn.fetchval(
        """
        SELECT n.path::text
          FROM announcements a
          JOIN access_networks n USING (network_id)
         WHERE a.id = $1 AND a.cell = $2 AND a.kind = 'announcement'
        """,
        announcement_id,
        cell,
    )
    if path is None:
        raise NotFound("There is no such announcement here.")
    return path


async def listed(conn: Conn, cell: str, network_id: UUID, *, before: UUID | None, limit: int) -> list[Said]:
    """What was said to this network, the newest first."""
    rows = await conn.fetch(
        """
        SELECT id, network_id, title, body, sectors, job_roles, state, total, told, suppressed,
               mails_sent, mails_failed, mails_waiting, counted_at, created_at, finished_at
          FROM announcements
         WHERE cell = $1 AND network_id = $2 AND kind = 'announcement' AND ($3::uuid IS NULL OR id < $3)
         ORDER BY id DESC
         LIMIT $4
        """,
        cell,
        network_id,
        before,
        limit,
    )
    return [Said(**row) for row in rows]


async def steer(conn: Conn, cell: str, announcement_id: UUID, to: State, *, now: datetime) -> Said:
    """Pause, resume or stop it; the chunk in hand is told to its end. Raises NotFound, NotPossibleNow."""
    await conn.execute(
        "SELECT FROM announcements WHERE id = $1 AND cell = $2 AND kind = 'announcement' FOR UPDATE",
        announcement_id,
        cell,
    )
    said = await get(conn, cell, announcement_id)
    if State(said.state) not in MAY_BE[to]:
        raise NotPossibleNow(f"This announcement is {said.state}: it can no longer be {STEERED[to]}.", state=said.state)
    await conn.execute(
        """
        UPDATE announcements
           SET state = $2, finished_at = CASE WHEN $2 = 'stopped' THEN coalesce(finished_at, $3) END,
               next_at = CASE WHEN state = 'paused' AND $2 = 'running' THEN $3 ELSE next_at END
         WHERE id = $1
        """,
        announcement_id,
        to.value,
        now,
    )
    return await get(conn, cell, announcement_id)


async def set_total(conn: Conn, cause: str, meant: Sequence[UUID], *, now: datetime) -> None:
    """How many people are meant, once; from then on its figures are counted."""
    await conn.execute(
        """
        UPDATE announcements a
           SET count_at = $3,
               total = (SELECT count(DISTINCT m.person_id)
                          FROM access_memberships m
                         WHERE m.network_id = ANY ($2::uuid[])
                           AND m.since <= a.eligible_on AND (m.until IS NULL OR a.eligible_on <= m.until)
                           AND ((cardinality(a.sectors) = 0 AND cardinality(a.job_roles) = 0)
                                OR EXISTS (SELECT FROM (SELECT d.sector, d.job_role
                                                          FROM access_descriptions d
                                                         WHERE d.membership_id = m.membership_id
                                                           AND d.described_from <= a.eligible_on
                                                         ORDER BY d.described_from DESC
                                                         LIMIT 1) d
                                            WHERE (cardinality(a.sectors) = 0 OR d.sector = ANY (a.sectors))
                                              AND (cardinality(a.job_roles) = 0 OR d.job_role = ANY (a.job_roles)))))
         WHERE a.cause = $1 AND a.total IS NULL
        """,
        cause,
        meant,
        now,
    )


@dataclass(frozen=True, slots=True)
class ToCount:
    cause: str
    is_over: bool
    created_at: datetime


async def to_count(conn: Conn, *, now: datetime) -> list[ToCount]:
    """Those whose figures are due to be counted, the longest due first."""
    rows = await conn.fetch(
        """
        SELECT cause, state IN ('done', 'stopped') AS is_over, created_at
          FROM announcements
         WHERE count_at <= $1
         ORDER BY count_at
         LIMIT 20
        """,
        now,
    )
    return [ToCount(**row) for row in rows]


async def count(conn: Conn, cause: str, *, now: datetime, again_at: datetime, is_over: bool) -> None:
    """Count what has become of its mails; for the last time where it is over and none is on its way."""
    await conn.execute(
        """
        WITH counted AS (
            SELECT count(*) FILTER (WHERE state = 'suppressed') AS suppressed,
                   count(*) FILTER (WHERE state = 'sent') AS sent,
                   count(*) FILTER (WHERE state IN ('failed', 'unknown')) AS failed,
                   count(*) FILTER (WHERE state IN ('queued', 'sending', 'waiting-for-address')) AS waiting
              FROM notifications
             WHERE cause = $1 AND channel = 'email')
        UPDATE announcements
           SET suppressed = c.suppressed, mails_sent = c.sent, mails_failed = c.failed, mails_waiting = c.waiting,
               counted_at = $2, count_at = CASE WHEN $4 AND c.waiting = 0 THEN NULL ELSE $3::timestamptz END
          FROM counted c
         WHERE cause = $1
        """,
        cause,
        now,
        again_at,
        is_over,
    )
