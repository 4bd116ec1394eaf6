"""A projection filled anew from the first of very many signals: seconds, and what is there afterwards."""

from aiokafka import AIOKafkaConsumer, TopicPartition

from analytics_service.consumers import FACTS
from benchmarks.figure import Figure, Plan, Result
from benchmarks.signals import consuming
from benchmarks.signals.prepared import TOPIC
from benchmarks.signals.topics import records_on
from benchmarks.stage import Stage
from servicekit import garbage
from servicekit.cells import Cells
from servicekit.consumers import registry
from servicekit.consumers.rebuild import Rebuild, Rebuilt
from servicekit.database import Database
from servicekit.operations.rebuilding import CONNECTIONS
from servicekit.testing.databases import TestDatabase

EACH_SECOND = 100_000
"""So many signals are read for each second of the plan: a million as a rule."""
AT_ONCE = 100_000
MINUTES = 2.0
"""The aim for a million."""


async def measure(stage: Stage, plan: Plan) -> Result:
    count = int(EACH_SECOND * plan.seconds)
    async with consuming.filled(stage, 0) as cells, consuming.analytics(stage) as database:
        for start in range(0, count, AT_ONCE):
            await consuming.fill(stage, cells, min(AT_ONCE, count - start))
        on_topic = await records_on(stage, cells, TOPIC)
        await _as_if_applied(stage, cells, database)
        garbage.settle()
        done = await _rebuild(stage, cells, database)
        kept = await consuming.rows(database, "projection_b.registrations")
    if not count == on_topic == kept == done.records:
        raise RuntimeError(f"{count} sent, {on_topic} on the topic, {done.records} read, {kept} kept")
    return Result(
        figure="rebuild",
        unit="signals/s",
        goal=None,
        told={
            "signals": done.records,
            "seconds": done.seconds,
            "signals a second": done.records / done.seconds,
            "seconds for a million": 1e6 * done.seconds / done.records,
            "ms that live batches waited": 1000 * done.stopped_seconds,
        },
        notes=[f"the aim for a million is {60 * MINUTES:.0f} seconds"],
    )


async def _rebuild(stage: Stage, cells: Cells, database: TestDatabase) -> Rebuilt:
    """As `python -m analytics_service rebuild projection` does it."""
    db = await Database.open(database.worker, size=CONNECTIONS, server={"synchronous_commit": "off"})
    try:
        return await Rebuild(
            service="analytics", consumers=[FACTS], cells=cells, bootstrap=stage.kafka.bootstrap, db=db
        ).run()
    finally:
        await db.close()


async def _as_if_applied(stage: Stage, cells: Cells, database: TestDatabase) -> None:
    """A rebuild reads as far as the live consumer has applied: here, it has applied everything."""
    db = await Database.open(database.worker, size=1)
    kafka = None
    try:
        async with db.pool.acquire() as conn:
            group = await registry.group_name(conn, "analytics", FACTS, prefix=cells.prefix)
        kafka = AIOKafkaConsumer(bootstrap_servers=stage.kafka.bootstrap, group_id=group, enable_auto_commit=False)
        await kafka.start()
        partitions = [TopicPartition(cells.prefix + TOPIC, n) for n in range(cells.partitions[TOPIC.split(".")[1]])]
        kafka.assign(partitions)
        await kafka.commit(await kafka.end_offsets(partitions))
    finally:
        if kafka is not None:
            await kafka.stop()
        await db.close()


FIGURE = Figure(name="rebuild", measure=measure)
