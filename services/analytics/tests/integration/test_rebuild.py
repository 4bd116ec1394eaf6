"""Filled anew from Kafka, partition by partition in any order, analytics is what it was; what was published stays."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from analytics_house import NATIONAL, network_id
from analytics_life import a_life, everything, interleaved

from analytics_service.__main__ import SERVICE
from analytics_service.consumers import CONSUMERS, FACTS
from analytics_service.schema import SCHEMA
from analytics_service.settings import AnalyticsSettings
from analytics_service.snapshots import store as snapshots
from analytics_service.snapshots.loops import has_caught_up, take_snapshots
from servicekit import clock
from servicekit.consumers.delivery import Record
from servicekit.consumers.rebuild import Rebuild
from servicekit.database import Database
from servicekit.process import Work, consumptions, load_cells
from servicekit.testing import databases, eventually
from servicekit.testing.topics import cells_for_tests, created

CELLS = "national,midlands,london"


@pytest.fixture
async def work(postgres: str, kafka: str, cells_file: Path) -> AsyncIterator[Work[AnalyticsSettings]]:
    """What `work` is given, on topics and a database of its own."""
    cells = cells_for_tests(cells_file, serve=CELLS)
    services = ("membership", "events", "notifications", "analytics")
    read = [f"{cell}.{name}" for cell in cells.all for name in services]
    async with (
        created(cells, kafka, only=read),
        databases.fresh(postgres, "analytics", SCHEMA, CONSUMERS) as database,
    ):
        settings = AnalyticsSettings(
            service_profile="local",
            worker_database_url=database.worker,
            kafka_bootstrap=kafka,
            topic_prefix=cells.prefix,
            cells=CELLS,
            cells_file=cells_file,
        )
        db = await Database.open(database.worker, size=6)
        yield Work(settings=settings, cells=load_cells(settings), db=db, stopping=asyncio.Event())
        await db.close()


async def send(work: Work[AnalyticsSettings], records: list[Record]) -> None:
    """To the partitions that their keys mean, as the relay would."""
    producer = AIOKafkaProducer(bootstrap_servers=work.settings.kafka_bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        for record in records:
            assert record.key is not None
            await producer.send(work.cells.prefix + record.topic, record.value, key=record.key.encode())
        await producer.flush()
    finally:
        await producer.stop()


@asynccontextmanager
async def consuming(work: Work[AnalyticsSettings]) -> AsyncIterator[None]:
    """The service's own consumer at work, until the end of the block."""
    stopping = asyncio.Event()
    readers = await consumptions(SERVICE, work.settings, work.db, stopping)
    task = asyncio.create_task(next(one for one in readers if one.consumer is FACTS).run())
    try:
        yield
    finally:
        stopping.set()
        await task


async def test_a_rebuild_equals_the_live_one_to_the_digit(work: Work[AnalyticsSettings]) -> None:
    await send(work, interleaved(a_life(), random.Random(7)))
    assert not await has_caught_up(work)

    async with consuming(work):
        await eventually(lambda: has_caught_up(work), within=60)
    live = await everything(work.db)
    assert all(live.values())

    def shuffled(partitions: list[TopicPartition]) -> list[TopicPartition]:
        return random.Random(11).sample(partitions, len(partitions))

    read = await Rebuild(
        service=SERVICE.name,
        consumers=[FACTS],
        cells=work.cells,
        bootstrap=work.settings.kafka_bootstrap,
        db=work.db,
        order=shuffled,
    ).run()

    assert read.records >= len(a_life())
    async with work.db.reading() as conn:
        assert await conn.fetchval("SELECT active FROM servicekit.projections WHERE name = 'projection'") == "b"
    assert await everything(work.db) == live


async def test_a_snapshot_that_is_asked_for_waits_until_everything_is_applied(work: Work[AnalyticsSettings]) -> None:
    await send(work, a_life())
    network, today = network_id(NATIONAL), clock.today()
    async with work.db.transaction() as conn:
        await snapshots.ask_for(conn, network, today, at=clock.now())
    loop = asyncio.create_task(take_snapshots(work))

    async with consuming(work):

        async def taken() -> bool:
            async with work.db.reading() as conn:
                return await snapshots.find(conn, network, today) is not None

        await eventually(taken, within=60)
    work.stopping.set()
    await loop

    async with work.db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM snapshot_requests") == 0
        unsent = await conn.fetchval("SELECT count(*) FROM servicekit.outbox WHERE topic = 'national.analytics'")
    assert unsent >= 3, "the nation and its regions"
