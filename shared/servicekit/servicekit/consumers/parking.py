"""A poison delivery waits with its cause, and with it every later one of its subject; all others go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from servicekit import clock
from servicekit.consumers.delivery import Readable, Record, Unreadable
from servicekit.contract import PROFILES
from servicekit.database import Conn

WAITING = "waits for an earlier delivery of its subject"

_PARKED_FROM = """
SELECT subject, min(record_offset) AS first
  FROM servicekit.parked
 WHERE consumer = $1 AND topic = $2 AND partition = $3
 GROUP BY subject
"""
_PARK = """
INSERT INTO servicekit.parked
       (consumer, subject, topic, partition, record_offset, key, signal_id, value, cause, parked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (consumer, topic, partition, record_offset) DO NOTHING
"""


def _anew(statement: str) -> str:
    """The same for a rebuild, whose failures hold nobody up before the switch."""
    return statement.replace("servicekit.parked", "servicekit.parked_anew")


_PARKED_FROM_ANEW, _PARK_ANEW = _anew(_PARKED_FROM), _anew(_PARK)


async def parked_from(conn: Conn, consumer: str, record: Record, *, anew: bool = False) -> dict[str, int]:
    """For each parked subject of the record's partition, the first offset that waits. As a rule there is none."""
    rows = await conn.fetch(_PARKED_FROM_ANEW if anew else _PARKED_FROM, consumer, record.topic, record.partition)
    return {row["subject"]: row["first"] for row in rows}


async def discarded(conn: Conn, consumer: str, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these signals somebody has let go of; wherever they stand by now, on this broker or its successor."""
    rows = await conn.fetch(
        "SELECT signal_id FROM servicekit.discarded WHERE consumer = $1 AND signal_id = ANY($2::uuid[])",
        consumer,
        ids,
    )
    return {row["signal_id"] for row in rows}


async def park(conn: Conn, consumer: str, arrival: Readable | Unreadable, cause: str, *, anew: bool = False) -> None:
    """Set one delivery aside. A profile's bytes are not kept here, only where to find them."""
    record = arrival.record
    await conn.execute(
        _PARK_ANEW if anew else _PARK,
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


async def take_over(conn: Conn, consumer: str) -> None:
    """At a switch: what waited, and what a rebuild could not apply, become one; each keeps what is still to be done.

    What only the old epoch had parked is projected by now and waits to be told; what only the rebuild
    has parked has been told before.
    """
    await conn.execute(
        """
        DELETE FROM servicekit.parked_anew n USING servicekit.discarded d
         WHERE n.consumer = $1 AND d.consumer = $1
           AND ((d.topic, d.partition, d.record_offset) = (n.topic, n.partition, n.record_offset)
                OR d.signal_id = n.signal_id)
        """,
        consumer,
    )
    await conn.execute(
        """
        UPDATE servicekit.parked k
           SET projected = NOT EXISTS (SELECT FROM servicekit.parked_anew n
                                        WHERE n.consumer = k.consumer AND n.topic = k.topic
                                          AND n.partition = k.partition AND n.record_offset = k.record_offset)
         WHERE k.consumer = $1
        """,
        consumer,
    )
    await conn.execute("DELETE FROM servicekit.parked WHERE consumer = $1 AND projected AND told", consumer)
    await conn.execute(
        """
        INSERT INTO servicekit.parked
               (consumer, subject, topic, partition, record_offset, key, signal_id, value, cause, parked_at, told)
        SELECT consumer, subject, topic, partition, record_offset, key, signal_id, value, cause, parked_at, true
          FROM servicekit.parked_anew
         WHERE consumer = $1
         ORDER BY id
            ON CONFLICT (consumer, topic, partition, record_offset) DO NOTHING
        """,
        consumer,
    )
    await forget_anew(conn, consumer)


async def forget_anew(conn: Conn, consumer: str) -> None:
    """What a rebuild had parked, once it has begun again or switched."""
    await conn.execute("DELETE FROM servicekit.parked_anew WHERE consumer = $1", consumer)


@dataclass(frozen=True, slots=True)
class ParkedDelivery:
    id: int
    consumer: str
    subject: str
    topic: str
    partition: int
    record_offset: int
    key: str | None
    signal_id: UUID | None
    value: bytes | None
    cause: str
    parked_at: datetime
    projected: bool
    """Whether its facts are in the projection, and only telling is left."""
    told: bool
    """Whether it has been told of, and only projecting is left."""


async def waiting(conn: Conn, consumer: str, subject: str) -> Sequence[ParkedDelivery]:
    """All of a subject that is parked, in the order of a replay; live batches wait until the caller ends."""
    # A batch of the same partition begins by writing its position: nothing can be parked behind our backs.
    await conn.execute(
        """
        SELECT FROM servicekit.positions p
         WHERE p.consumer = $1
           AND EXISTS (SELECT FROM servicekit.parked k
                        WHERE k.consumer = $1 AND k.subject = $2
                          AND k.topic = p.topic AND k.partition = p.partition)
         ORDER BY p.topic, p.partition
           FOR UPDATE
        """,
        consumer,
        subject,
    )
    rows = await conn.fetch(
        """
        SELECT id, consumer, subject, topic, partition, record_offset, key, signal_id, value, cause, parked_at,
               projected, told
          FROM servicekit.parked
         WHERE consumer = $1 AND subject = $2
         ORDER BY topic, partition, record_offset
           FOR UPDATE
        """,
        consumer,
        subject,
    )
    return [ParkedDelivery(**row) for row in rows]


async def release(conn: Conn, ids: Sequence[int]) -> None:
    await conn.execute("DELETE FROM servicekit.parked WHERE id = ANY($1::bigint[])", list(ids))


async def let_go(conn: Conn, item: ParkedDelivery, *, by: str, because: str) -> None:
    """Discard one delivery for good, and keep who did that and why."""
    await conn.execute(
        """
        INSERT INTO servicekit.discarded
               (consumer, subject, topic, partition, record_offset, signal_id, cause, parked_at,
                discarded_at, discarded_by, because)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (consumer, topic, partition, record_offset) DO NOTHING
        """,
        item.consumer,
        item.subject,
        item.topic,
        item.partition,
        item.record_offset,
        item.signal_id,
        item.cause,
        item.parked_at,
        clock.now(),
        by,
        because,
    )
    await release(conn, [item.id])
