"""Replaying what is parked: in order, by subject, and only as far as it succeeds."""

from collections.abc import Sequence
from itertools import groupby

from aiokafka import AIOKafkaConsumer, TopicPartition

from servicekit.cells import Cells
from servicekit.consumers import parking
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import Delivery, Record, Removal, Unreadable, read
from servicekit.consumers.parking import ParkedDelivery
from servicekit.consumers.runtime import as_record, kafka_settings
from servicekit.crash_points import Point, reached
from servicekit.database import Conn
from servicekit.database.pool import WORKER, enter

Found = Sequence[tuple[ParkedDelivery, Record]]


class StillUnreadable(RuntimeError):
    """Bytes that were parked because they are no signal, and are none now either: only discarding helps."""


async def replay(applier: Applier, subject: str, *, cells: Cells, bootstrap: str) -> int:
    """Run a subject's parked deliveries again, all in one transaction; returns how many.

    Raises what a handler raises, or StillUnreadable; then all of them stay parked, as they were.
    """
    async with applier.db.pool.acquire() as conn, conn.transaction():
        parked = await _claimed(conn, applier, subject)
        for (projected, told), group in groupby(
            await _records(parked, cells, bootstrap), key=lambda found: (found[0].projected, found[0].told)
        ):
            arrivals = [read(record, applier.consumer.known, tell_from=applier.tell_from) for _, record in group]
            unreadable = [a.cause for a in arrivals if isinstance(a, Unreadable)]
            if unreadable:
                raise StillUnreadable(unreadable[0])
            ready = [a for a in arrivals if isinstance(a, Delivery | Removal)]
            await applier.run_handlers(conn, ready, project=not projected, tell=not told)
            reached(Point.REPLAY_RUN)
        await parking.release(conn, [item.id for item in parked])
    return len(parked)


async def discard_first(applier: Applier, subject: str, *, by: str, because: str) -> ParkedDelivery | None:
    """Let go of the delivery that holds a subject up, so that others can be replayed. None where none is parked."""
    async with applier.db.pool.acquire() as conn, conn.transaction():
        parked = await _claimed(conn, applier, subject)
        if not parked:
            return None
        await parking.let_go(conn, parked[0], by=by, because=because)
    return parked[0]


async def _claimed(conn: Conn, applier: Applier, subject: str) -> Sequence[ParkedDelivery]:
    """No switch, and no live batch of these partitions, comes in between."""
    await conn.execute("SELECT servicekit.share_epoch($1)", applier.consumer.projection)
    await enter(conn, WORKER)
    return await parking.waiting(conn, applier.consumer.name, subject)


async def _records(parked: Sequence[ParkedDelivery], cells: Cells, bootstrap: str) -> Found:
    """The records as they arrived; those of which only the place was kept are read from the topic again."""
    kept = {item.id: _kept(item) for item in parked if item.value is not None}
    elsewhere = [item for item in parked if item.value is None]
    if elsewhere:
        kafka = AIOKafkaConsumer(bootstrap_servers=bootstrap, **kafka_settings())
        try:
            await kafka.start()
            for item in elsewhere:
                found = await _fetch(kafka, item, cells)
                if found is not None:
                    kept[item.id] = found
        finally:
            await kafka.stop()
    return [(item, kept[item.id]) for item in parked if item.id in kept]


async def _fetch(kafka: AIOKafkaConsumer, item: ParkedDelivery, cells: Cells) -> Record | None:
    """None where compaction has removed it: a newer record of the key stands in its place."""
    partition = TopicPartition(cells.prefix + item.topic, item.partition)
    kafka.assign([partition])
    kafka.seek(partition, item.record_offset)
    fetched = await kafka.getmany(partition, timeout_ms=5000, max_records=1)
    for record in fetched.get(partition, []):
        if record.offset == item.record_offset:
            return as_record(record, cells.prefix)
    return None


def _kept(item: ParkedDelivery) -> Record:
    return Record(
        topic=item.topic,
        partition=item.partition,
        offset=item.record_offset,
        key=item.key,
        value=item.value,
        headers={},
        timestamp=0,
    )
