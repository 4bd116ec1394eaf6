"""The inbox remembers every delivery that was applied, so that none is applied twice, and how far that is."""

from collections.abc import Sequence
from uuid import UUID

from servicekit.consumers.delivery import Record
from servicekit.database import Conn


async def begin(
    conn: Conn, consumer: str, projection: str, epoch: int, *, upto: Record, schemas: str | None = None
) -> int:
    """Open a batch in the worker's scope; returns the epoch that is on: another one than ours, and nothing was done.

    Until the transaction ends no switch can come in between.
    upto: the batch's last record. schemas: the search path of a rebuild, which waits for no switch.
    """
    on: int = await conn.fetchval(
        "SELECT servicekit.begin_batch($1, $2, $3, $4, $5, $6, $7)",
        consumer,
        projection,
        epoch,
        schemas,
        upto.topic,
        upto.partition,
        upto.offset + 1,
    )
    return on


async def claim(conn: Conn, consumer: str, epoch: int, topic: str, ids: Sequence[UUID]) -> set[UUID]:
    """Record these deliveries; returns those not seen before, which alone may be applied."""
    distinct = set(ids)
    # As a rule all are new: then only that is answered, and not every id once more.
    new = await conn.fetchval(
        """
        WITH new AS (
            INSERT INTO servicekit.inbox (consumer, epoch, signal_id, topic)
            SELECT $1, $2, signal_id, $4 FROM unnest($3::uuid[]) AS signal_id
                ON CONFLICT DO NOTHING
            RETURNING signal_id
        )
        SELECT CASE WHEN count(*) < cardinality($3::uuid[]) THEN coalesce(array_agg(signal_id), '{}') END FROM new
        """,
        consumer,
        epoch,
        list(distinct),
        topic,
    )
    return distinct if new is None else set(new)


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
                        WHERE k.consumer = wanted.consumer AND k.signal_id = wanted.signal_id AND NOT k.projected)
        """,
        [consumer for consumer, _ in wanted],
        [signal_id for _, signal_id in wanted],
    )
    return missing == 0


FORGET_SOME = """
WITH part AS (
    SELECT signal_id FROM servicekit.inbox
     WHERE consumer = $1 AND epoch = $2 AND signal_id > $3
     ORDER BY signal_id
     LIMIT $4
), last AS (
    SELECT signal_id FROM part ORDER BY signal_id DESC LIMIT 1
), gone AS (
    DELETE FROM servicekit.inbox
     WHERE consumer = $1 AND epoch = $2 AND signal_id > $3 AND signal_id <= (SELECT signal_id FROM last)
)
SELECT signal_id FROM last
"""


async def forget_some(conn: Conn, consumer: str, epoch: int, *, after: UUID, limit: int) -> UUID | None:
    """Let go of a part of what another epoch remembers; returns up to where, None once nothing is left.

    By its range: of an epoch that no statistics know yet, a join is planned as if it had one row, and takes a square.
    """
    upto: UUID | None = await conn.fetchval(FORGET_SOME, consumer, epoch, after, limit)
    return upto
