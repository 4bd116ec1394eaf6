"""Gathering the picture: a few queries and two questions to the broker; what is away is said, and the rest is told."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from servicekit import clock, faults
from servicekit.broker import AnotherBroker, is_known
from servicekit.cells import Cells, cell_of
from servicekit.consumers import marks, registry
from servicekit.consumers.marks import Broker, Marks
from servicekit.consumers.rebuild import REBUILD_LOCK
from servicekit.consumers.subscription import Consumer
from servicekit.database import Conn, Database
from servicekit.database.migrations import Schema
from servicekit.outbox import republishing
from servicekit.status.picture import (
    Answering,
    ConsumerStatus,
    LastError,
    Outbox,
    Partition,
    Projection,
    SchemaStep,
    Status,
)


def release(service: str) -> str:
    """The version of the service's own distribution."""
    try:
        return version(f"{service}-service")
    except PackageNotFoundError:
        return "unknown"


def blank(service: str, cells: Cells, *, away: Exception | None = None) -> Status:
    """The picture of which nothing is known yet, or ever where the database is away."""
    return Status(
        service=service,
        release=release(service),
        at=clock.now(),
        cells=[name for name in cells.all if cells.serves(name)],
        reads=cells.read,
        database=Answering(answers=away is None, error=type(away).__name__ if away else None),
        broker=Answering(answers=True),
        schema_current=None,
        schema=[],
        projections=[],
        outbox=None,
        consumers=[],
        parked_subjects=None,
        jobs={},
        timers={},
        last_error=None,
        errors=[],
    )


async def gather(
    db: Database, service: str, schema: Schema, consumers: Sequence[Consumer], *, cells: Cells, bootstrap: str
) -> Status:
    """Never raises for what is away: that is part of the picture."""
    try:
        status = await _from_database(blank(service, cells), db, schema)
    except Exception as error:  # asyncpg names what is away in many ways
        if not faults.is_away(error):
            raise
        return blank(service, cells, away=error)
    if not status.schema_current:
        return status
    return await _from_broker(status, db, consumers, cells=cells, bootstrap=bootstrap)


async def _from_database(status: Status, db: Database, schema: Schema) -> Status:
    async with db.pool.acquire(timeout=5) as conn:
        steps = [await _step(conn, step.schema, step.ledger, step.folder.name, step.versions) for step in schema.steps]
        status = replace(status, schema=steps, schema_current=not any(step.missing for step in steps))
        if not status.schema_current:
            return status
        errors = await _errors(conn)
        return replace(
            status,
            projections=await _projections(conn),
            outbox=await _outbox(conn),
            parked_subjects=await conn.fetchval("SELECT count(DISTINCT (consumer, subject)) FROM servicekit.parked"),
            jobs=await _counts(
                conn, "SELECT state, count(*) FROM servicekit.jobs WHERE state <> 'done' GROUP BY state"
            ),
            timers=await _counts(
                conn, "SELECT state, count(*) FROM servicekit.timer_runs WHERE state <> 'fired' GROUP BY state"
            ),
            last_error=errors[0] if errors else None,
            errors=errors,
        )


async def _counts(conn: Conn, statement: str) -> dict[str, int]:
    return {row["state"]: row["count"] for row in await conn.fetch(statement)}


async def _step(conn: Conn, schema: str, ledger: str, folder: str, expected: set[str]) -> SchemaStep:
    there = await conn.fetchval("SELECT to_regclass(format('%I.%I', $1::text, $2::text)) IS NOT NULL", schema, ledger)
    rows = await conn.fetch(f'SELECT version FROM "{schema}".{ledger}') if there else []  # both names are ours
    applied = {row["version"] for row in rows}
    return SchemaStep(
        schema=schema,
        folder=folder,
        applied=max(applied, default=None),
        expected=max(expected),
        missing=len(expected - applied),
        newer=len(applied - expected),
    )


async def _projections(conn: Conn) -> list[Projection]:
    rows = await conn.fetch(
        """
        SELECT name, active, epoch,
               EXISTS (SELECT FROM pg_locks
                        WHERE locktype = 'advisory' AND granted AND database = d.oid
                          AND classid = $1::bigint::oid AND objid::bigint = hashtext(name)::bigint & 4294967295)
                   AS rebuilding
          FROM servicekit.projections, pg_database d
         WHERE d.datname = current_database()
         ORDER BY name
        """,
        REBUILD_LOCK,
    )
    return [Projection(**row) for row in rows]


async def _outbox(conn: Conn) -> Outbox:
    rows = await conn.fetch(
        """
        SELECT split_part(topic, '.', 1) AS cell, count(*) AS unsent, min(published_at) AS oldest
          FROM servicekit.outbox
         WHERE sent_at IS NULL
         GROUP BY 1
         ORDER BY 1
        """
    )
    oldest = min((row["oldest"] for row in rows), default=None)
    return Outbox(
        unsent=sum(row["unsent"] for row in rows),
        oldest_unsent_seconds=max((clock.now() - oldest).total_seconds(), 0.0) if oldest else None,
        held=bool(await conn.fetchval("SELECT is_on FROM servicekit.switches WHERE name = 'relay-held'")),
        republishing=await republishing.is_under_way(conn),
        by_cell={row["cell"]: row["unsent"] for row in rows},
    )


async def _errors(conn: Conn) -> list[LastError]:
    rows = await conn.fetch(
        "SELECT process, event, error, at, times FROM servicekit.last_errors ORDER BY at DESC, process, event LIMIT 10"
    )
    return [LastError(**row) for row in rows]


async def _from_broker(
    status: Status, db: Database, consumers: Sequence[Consumer], *, cells: Cells, bootstrap: str
) -> Status:
    try:
        async with marks.asking(bootstrap) as broker:
            ends = await _ends(broker, consumers, cells)
            found = [await _consumer(status, db, one, cells, broker, ends) for one in consumers]
            answering = await _which(db, broker)
    except (KafkaError, OSError) as error:
        found = [await _consumer(status, db, one, cells, None, {}) for one in consumers]
        return replace(status, broker=Answering(answers=False, error=type(error).__name__), consumers=found)
    return replace(status, broker=answering, consumers=found)


async def _which(db: Database, broker: Broker) -> Answering:
    """A broker answers: it may be another one than the one that holds what was sent."""
    async with db.pool.acquire() as conn:
        known = await is_known(conn, broker.admin)
    return Answering(answers=True, error=None if known else AnotherBroker.__name__)


async def _ends(broker: Broker, consumers: Sequence[Consumer], cells: Cells) -> Marks:
    names = {
        cells.prefix + topic
        for consumer in consumers
        for service, stream in consumer.streams
        for topic in cells.topics(service, stream)
    }
    there = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in await broker.admin.describe_topics(sorted(names & set(await broker.admin.list_topics())))
        for partition in topic["partitions"]
    ]
    return await marks.ends(broker.kafka, there)


async def _consumer(
    status: Status, db: Database, consumer: Consumer, cells: Cells, broker: Broker | None, ends: Marks
) -> ConsumerStatus:
    epoch = next(one.epoch for one in status.projections if one.name == consumer.projection)
    async with db.pool.acquire() as conn:
        parked = await conn.fetchrow(
            "SELECT count(DISTINCT subject) AS subjects, count(*) AS deliveries"
            " FROM servicekit.parked WHERE consumer = $1",
            consumer.name,
        )
        group = await registry.group_name(conn, status.service, consumer, prefix=cells.prefix)
    reached = (
        await marks.reached(broker, db, status.service, consumer, epoch=epoch, prefix=cells.prefix) if broker else {}
    )
    partitions = [
        _partition(place, end, min(reached.get(place, 0), end), cells.prefix)
        for place, end in sorted(ends.items())
        if _is_read(place.topic.removeprefix(cells.prefix), consumer)
    ]
    by_cell: dict[str, int] = {}
    for one in partitions:
        by_cell[one.cell] = by_cell.get(one.cell, 0) + one.lag
    assert parked is not None
    return ConsumerStatus(
        name=consumer.name,
        projection=consumer.projection,
        group=group,
        lag=sum(one.lag for one in partitions) if broker else None,
        lag_by_cell=by_cell,
        parked_subjects=parked["subjects"],
        parked_deliveries=parked["deliveries"],
        partitions=partitions,
    )


def _is_read(topic: str, consumer: Consumer) -> bool:
    _, service, *stream = topic.split(".", 2)
    return (service, stream[0] if stream else "") in consumer.streams


def _partition(place: TopicPartition, end: int, applied: int, prefix: str) -> Partition:
    topic = place.topic.removeprefix(prefix)
    return Partition(
        topic=topic, cell=cell_of(topic), partition=place.partition, applied=applied, end=end, lag=end - applied
    )
