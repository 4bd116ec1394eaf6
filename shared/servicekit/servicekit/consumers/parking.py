"""A poison delivery waits with its cause, and with it every later one of its subject; all others go on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from servicekit import clock
from servicekit.consumers.delivery import Readable, Record, Unreadable
from servicekit.contract import PROFILES
from servicekit.database import Conn

WAITING = "waits for an earlier delivery of its subject"


async def parked_from(conn: Conn, consumer: str, record: Record, subjects: Iterable[str]) -> dict[str, int]:
    """For each parked subject among these, the first offset of this partition that waits."""
    rows = await conn.fetch(
        """
        SELECT subject, min(record_offset) AS first
          FROM servicekit.parked
         WHERE consumer = $1 AND subject = ANY($2::text[]) AND topic = $3 AND partition = $4
         GROUP BY subject
        """,
        consumer,
        list(set(subjects)),
        record.topic,
        record.partition,
    )
    return {row["subject"]: row["first"] for row in rows}


async def park(conn: Conn, consumer: str, arrival: Readable | Unreadable, cause: str) -> None:
    """Set one delivery aside. A profile's bytes are not kept here, only where to find them."""
    record = arrival.record
    await conn.execute(
        """
        INSERT INTO servicekit.parked
               (consumer, subject, topic, partition, record_offset, key, signal_id, value, cause, parked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (consumer, topic, partition, record_offset) DO NOTHING
        """,
        consumer,
        arrival.subject,
        record.topic,
        record.partition,
        record.offset,
        record.key,
        arrival.id,
        None if record.topic.endswith(f".{PROFILES}") else record.value,
        cause[:2000],
        clock.now(),
    )


@dataclass(frozen=True, slots=True)
class ParkedDelivery:
    id: int
    subject: str
    topic: str
    partition: int
    record_offset: int
    key: str | None
    value: bytes | None
    cause: str
    parked_at: datetime


async def waiting(
    conn: Conn, consumer: str, *, subject: str | None = None, limit: int = 200
) -> Sequence[ParkedDelivery]:
    """What is parked, in the order in which it would be replayed."""
    rows = await conn.fetch(
        """
        SELECT id, subject, topic, partition, record_offset, key, value, cause, parked_at
          FROM servicekit.parked
         WHERE consumer = $1 AND ($2::text IS NULL OR subject = $2)
         ORDER BY id
         LIMIT $3
           FOR UPDATE
        """,
        consumer,
        subject,
        limit,
    )
    return [ParkedDelivery(**row) for row in rows]


async def release(conn: Conn, ids: Sequence[int]) -> None:
    await conn.execute("DELETE FROM servicekit.parked WHERE id = ANY($1::bigint[])", list(ids))
