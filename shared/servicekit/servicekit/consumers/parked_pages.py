"""What is parked, as operators look at it: by pages, and one at a time; nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from servicekit.consumers.parking import WAITING, ParkedDelivery
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which parked deliveries; None for all."""

    consumer: str | None = None
    subject: str | None = None
    cause: str | None = None
    """A part of it."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParkedSubject:
    consumer: str
    subject: str
    count: int
    cause: str
    """Of the first, which holds the others up."""
    named: bool
    """Whether a profile is among them: then no error's words are shown, since they may quote it."""


async def page(conn: Conn, wanted: Wanted, *, after: int, limit: int) -> list[ParkedDelivery]:
    """By id, which is the order of parking; bytes are left out."""
    rows = await conn.fetch(
        """
        SELECT id, consumer, subject, topic, partition, record_offset, key, signal_id, NULL::bytea AS value, cause,
               parked_at, projected, told
          FROM servicekit.parked
         WHERE id > $1
           AND ($2::text IS NULL OR consumer = $2)
           AND ($3::text IS NULL OR subject = $3)
           AND ($4::text IS NULL OR position(lower($4) IN lower(cause)) > 0)
           AND ($5::timestamptz IS NULL OR parked_at >= $5)
         ORDER BY id
         LIMIT $6
        """,
        after,
        wanted.consumer,
        wanted.subject,
        wanted.cause,
        wanted.since,
        limit,
    )
    return [ParkedDelivery(**row) for row in rows]


async def find(conn: Conn, id: int) -> ParkedDelivery | None:
    row = await conn.fetchrow(
        """
        SELECT id, consumer, subject, topic, partition, record_offset, key, signal_id, value, cause, parked_at,
               projected, told
          FROM servicekit.parked
         WHERE id = $1
        """,
        id,
    )
    return ParkedDelivery(**row) if row else None


async def subjects(conn: Conn, wanted: Wanted) -> Sequence[ParkedSubject]:
    """Subjects of which a delivery is meant, oldest first."""
    rows = await conn.fetch(
        """
        SELECT consumer, subject, count(*) AS count,
               (array_agg(cause ORDER BY (cause = $5), topic, partition, record_offset))[1] AS cause,
               bool_or(topic LIKE '%.profiles') AS named
          FROM servicekit.parked k
         WHERE ($1::text IS NULL OR consumer = $1)
           AND ($2::text IS NULL OR subject = $2)
           AND EXISTS (SELECT FROM servicekit.parked one
                        WHERE one.consumer = k.consumer AND one.subject = k.subject
                          AND ($3::text IS NULL OR position(lower($3) IN lower(one.cause)) > 0)
                          AND ($4::timestamptz IS NULL OR one.parked_at >= $4))
         GROUP BY consumer, subject
         ORDER BY min(id)
        """,
        wanted.consumer,
        wanted.subject,
        wanted.cause,
        wanted.since,
        WAITING,
    )
    return [ParkedSubject(**row) for row in rows]
