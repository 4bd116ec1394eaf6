"""How far a consumer is, by partition: what the database has applied, and what the broker was told of it."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from servicekit.consumers import registry
from servicekit.consumers.runtime import kafka_settings
from servicekit.consumers.subscription import Consumer
from servicekit.database import Database

Marks = Mapping[TopicPartition, int]
"""By partition: the offset that follows the last record meant."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A connection to ask the broker with."""

    admin: AIOKafkaAdminClient
    kafka: AIOKafkaConsumer


@asynccontextmanager
async def asking(bootstrap: str) -> AsyncIterator[Broker]:
    broker = Broker(
        AIOKafkaAdminClient(bootstrap_servers=bootstrap),
        AIOKafkaConsumer(bootstrap_servers=bootstrap, **kafka_settings()),
    )
    try:
        await broker.admin.start()
        await broker.kafka.start()
        yield broker
    finally:
        await broker.kafka.stop()
        await broker.admin.close()


async def applied(db: Database, service: str, consumer: Consumer, *, epoch: int, prefix: str, bootstrap: str) -> Marks:
    """Up to where everything is applied in the epoch; partitions of which nothing is are left out."""
    async with asking(bootstrap) as broker:
        found = await reached(broker, db, service, consumer, epoch=epoch, prefix=prefix)
        there = set(await broker.admin.list_topics())
        upto = {p: mark for p, mark in found.items() if mark > 0 and p.topic in there}
        end = await ends(broker.kafka, upto)
    return {partition: min(mark, end[partition]) for partition, mark in upto.items()}


async def ends(kafka: AIOKafkaConsumer, partitions: Collection[TopicPartition]) -> Marks:
    """Where they end now. kafka: one that nobody reads with.

    They are assigned to it, and rest: of topics that it is not assigned it learns one after the other, a tenth of a
    second each.
    """
    if not partitions:
        return {}
    if kafka.assignment() != set(partitions):
        kafka.assign(list(partitions))
        kafka.pause(*partitions)
    found: Marks = await kafka.end_offsets(list(partitions))
    return found


async def reached(
    broker: Broker, db: Database, service: str, consumer: Consumer, *, epoch: int, prefix: str
) -> dict[TopicPartition, int]:
    """The higher of the two: Kafka is told after the database, but heartbeats are told to Kafka alone."""
    async with db.pool.acquire() as conn:
        group = await registry.group_name(conn, service, consumer, prefix=prefix)
        positions = await registry.positions(conn, consumer.name, epoch)
    offsets = await broker.admin.list_consumer_group_offsets(group)
    found = {partition: known.offset for partition, known in offsets.items()}
    for (topic, number), offset in positions.items():
        partition = TopicPartition(prefix + topic, number)
        found[partition] = max(offset, found.get(partition, 0))
    return found
