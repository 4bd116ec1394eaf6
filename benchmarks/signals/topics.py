"""Topics of a run's own, and what is on them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from benchmarks.stage import Stage
from guildhall_local.instance import CELLS_FILE
from servicekit.cells import Cells
from servicekit.testing import topics


@asynccontextmanager
async def fresh(stage: Stage, *, serve: str = "midlands", only: Sequence[str] | None = None) -> AsyncIterator[Cells]:
    """Topics under a prefix that nobody else has, for as long as the block; all of them, or just these."""
    cells = topics.cells_for_tests(CELLS_FILE, serve=serve)
    async with topics.created(cells, stage.kafka.bootstrap, only=list(only) if only else None):
        yield cells


async def records_on(stage: Stage, cells: Cells, topic: str) -> int:
    """How many the broker has, by its own account. topic: without the prefix."""
    kafka = AIOKafkaConsumer(bootstrap_servers=stage.kafka.bootstrap)
    await kafka.start()
    try:
        count = cells.partitions[topic.split(".", 1)[1]]
        ends = await kafka.end_offsets([TopicPartition(cells.prefix + topic, number) for number in range(count)])
        return sum(ends.values())
    finally:
        await kafka.stop()


async def committed(admin: AIOKafkaAdminClient, group: str, topics: Iterable[str]) -> int:
    """The sum of a group's offsets on these topics."""
    wanted = set(topics)
    known = await admin.list_consumer_group_offsets(group)
    return sum(held.offset for partition, held in known.items() if partition.topic in wanted and held.offset > 0)
