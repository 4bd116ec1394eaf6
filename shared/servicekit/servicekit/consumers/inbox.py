"""The inbox remembers every delivery that was applied, so that none is applied twice."""

from collections.abc import Sequence
from uuid import UUID

from servicekit.database import Conn


async def claim(conn: Conn, consumer: str, epoch: int, topic: str, ids: Sequence[UUID]) -> set[UUID]:
    """Record these deliveries; returns those not seen before, which alone may be applied."""
    rows = await conn.fetch(
        """
        INSERT INTO servicekit.inbox (consumer, epoch, signal_id, topic)
        SELECT $1, $2, signal_id, $4 FROM unnest($3::uuid[]) AS signal_id
            ON CONFLICT DO NOTHING
        RETURNING signal_id
        """,
        consumer,
        epoch,
        list(ids),
        topic,
    )
    return {row["signal_id"] for row in rows}


async def applied(conn: Conn, wanted: Sequence[tuple[str, UUID]]) -> bool:
    """Whether each (consumer, signal id) has been applied in the consumer's active epoch, parked ones excepted."""
    missing: int = await conn.fetchval(
        """
        SELECT count(*)
          FROM unnest($1::text[], $2::uuid[]) AS wanted (consumer, signal_id)
          LEFT JOIN servicekit.consumers USING (consumer)
          LEFT JOIN servicekit.projections p ON p.name = consumers.projection
         WHERE NOT EXISTS (SELECT FROM servicekit.inbox i
                            WHERE i.consumer = wanted.consumer AND i.epoch = p.epoch
                              AND i.signal_id = wanted.signal_id)
            OR EXISTS (SELECT FROM servicekit.parked k
                        WHERE k.consumer = wanted.consumer AND k.signal_id = wanted.signal_id)
        """,
        [consumer for consumer, _ in wanted],
        [signal_id for _, signal_id in wanted],
    )
    return missing == 0
