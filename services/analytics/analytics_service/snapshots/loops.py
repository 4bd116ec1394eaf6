"""Snapshots are taken behind, by `work`: it alone sees the people of every scope, and only once it has caught up."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError

from analytics_service.consumers import FACTS
from analytics_service.settings import AnalyticsSettings
from analytics_service.snapshots import actions, store
from servicekit import clock
from servicekit.broker import is_known
from servicekit.cells import Cells
from servicekit.consumers import registry
from servicekit.database import Database
from servicekit.process import Work
from servicekit.rounds import repeat

CaughtUp = Callable[[], Awaitable[bool]]


async def take_snapshots(work: Work[AnalyticsSettings]) -> None:
    """Runs until told to stop; a database or broker that is away is waited for."""

    async def once() -> None:
        await take_due(work.db, work.cells, now=clock.now(), caught_up=lambda: has_caught_up(work))

    every = work.settings.snapshots_looked_for_seconds
    await repeat(once, work.stopping, every=every, waiting="snapshots.wait", waits_for=(KafkaError,))


async def take_due(db: Database, cells: Cells, *, now: datetime, caught_up: CaughtUp) -> int:
    """Take what is asked for, and yesterday's snapshot of each served cell's root. Returns how many were taken."""
    roots = [cells.all[name].root for name in cells.served]
    async with db.reading() as conn:
        due = await store.due(conn, roots, day=clock.london_day(now) - timedelta(days=1))
    if not due or not await caught_up():
        return 0
    for one in due:
        async with db.transaction() as conn:
            await actions.take(conn, one.network_id, one.day, now=now)
            await store.forget_request(conn, one.network_id, one.day)
    return len(due)


async def has_caught_up(work: Work[AnalyticsSettings]) -> bool:
    """Whether everything that stood on the topics just now has been applied: a figure is published only once."""
    async with work.db.pool.acquire() as conn:
        group = await registry.group_name(conn, "analytics", FACTS, prefix=work.cells.prefix)
    partitions = [
        TopicPartition(work.cells.prefix + topic, number)
        for publisher, stream in FACTS.streams
        for topic in work.cells.topics(publisher, stream)
        for number in range(work.cells.partitions[f"{publisher}.{stream}" if stream else publisher])
    ]
    kafka = AIOKafkaConsumer(bootstrap_servers=work.settings.kafka_bootstrap)
    admin = AIOKafkaAdminClient(bootstrap_servers=work.settings.kafka_bootstrap)
    await kafka.start()
    try:
        ends = await kafka.end_offsets(partitions)
        await admin.start()
        async with work.db.pool.acquire() as conn:
            if not await is_known(conn, admin):
                return False
        applied = await admin.list_consumer_group_offsets(group)
    except GroupCoordinatorNotAvailableError:
        return False  # a broker that has only just begun: nothing is known of what has been applied
    finally:
        await admin.close()
        await kafka.stop()
    return all(
        end == 0 or (partition in applied and applied[partition].offset >= end) for partition, end in ends.items()
    )
