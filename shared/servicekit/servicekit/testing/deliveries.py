"""Handing a signal to a consumer as the runtime would, without a broker in between."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from servicekit import cells, clock
from servicekit.consumers import registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import Record
from servicekit.consumers.subscription import Consumer, Serves, serves_all
from servicekit.contract import Signal
from servicekit.database import Conn, Database
from servicekit.envelope import Origin, decode, encode
from servicekit.ids import new_id

_offsets = count()


def as_record(
    signal: Signal,
    *,
    at: Origin,
    id: UUID | None = None,
    time: datetime | None = None,
    offset: int | None = None,
) -> Record:
    """The record that the relay would have sent for this signal."""
    body = encode(signal, id=id or new_id(), time=time or clock.now(), origin=at)
    return Record(
        topic=cells.topic(at.cell, signal.service(), signal.stream),
        partition=0,
        offset=next(_offsets) if offset is None else offset,
        key=signal.key,
        value=body,
        headers={},
        timestamp=0,
    )


def tombstone(profile: type[Signal], key: str, *, cell: str, version: int, id: UUID | None = None) -> Record:
    """The record that the relay would have sent for a profile that stands no longer in this cell."""
    return Record(
        topic=cells.topic(cell, profile.service(), profile.stream),
        partition=0,
        offset=next(_offsets),
        key=key,
        value=None,
        headers={
            "id": str(id or new_id()).encode(),
            "type": profile.type.encode(),
            "version": str(version).encode(),
        },
        timestamp=0,
    )


async def deliver(
    db: Database,
    consumers: Sequence[Consumer],
    *records: Record,
    tell_from: datetime = datetime.fromtimestamp(0, UTC),
    serves: Serves = serves_all,
) -> None:
    """Apply records, one by one in this order, through every consumer that reads their topic.

    serves: the cells of the deployment; only their causes are told of.
    """
    for record in records:
        service, stream = [*record.topic.split(".", 2), ""][1:3]
        for consumer in consumers:
            if (service, stream) in consumer.streams:
                async with db.pool.acquire() as conn:
                    epoch = (await registry.active(conn, consumer.projection)).epoch
                applier = Applier(consumer=consumer, db=db, epoch=epoch, tell_from=tell_from, serves=serves)
                await applier.apply([record])


async def signals_published(conn: Conn, type: str | None = None) -> list[dict[str, object]]:
    """The `data` of what stands in the outbox, in order; of one type, or of all."""
    rows = await conn.fetch(
        "SELECT body FROM servicekit.outbox"
        " WHERE body IS NOT NULL AND ($1::text IS NULL OR type = $1) ORDER BY position",
        type,
    )
    return [decode(row["body"]).data for row in rows]
