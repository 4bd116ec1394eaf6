"""Records of one key keep their order and their partition, however many batches they fill."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from servicekit.outbox import batches
from servicekit.outbox.batches import Outbound
from servicekit.testing.topics import cells_for_tests, created

TOPIC = "midlands.events"
PARTITIONS = 6
SMALL = 2_000
"""Bytes of a batch in these tests: a few records fill it."""


@pytest.fixture
async def topic(kafka: str, cells_file: Path) -> AsyncIterator[str]:
    cells = cells_for_tests(cells_file)
    async with created(cells, kafka, only=[TOPIC]):
        yield cells.prefix + TOPIC


@pytest.fixture
async def producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, enable_idempotence=True, acks="all", max_batch_size=SMALL, max_request_size=10_000_000
    )
    await producer.start()
    yield producer
    await producer.stop()


def records(topic: str, *, keys: int, each: int, size: int = 300) -> list[Outbound]:
    return [
        Outbound(topic, f"key-{key}".encode(), f"{number:05d}".encode().ljust(size), [("id", b"1")])
        for number in range(each)
        for key in range(keys)
    ]


async def read(kafka: str, topic: str, count: int) -> list[tuple[int, bytes, int]]:
    """Partition, key and number of each, in the order of the partitions."""
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    reader = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await reader.start()
    try:
        reader.assign(partitions)
        found: list[tuple[int, bytes, int]] = []
        while len(found) < count:
            fetched = await reader.getmany(timeout_ms=5000)
            assert fetched, f"{len(found)} of {count} arrived"
            found += [(p.partition, one.key, int(one.value[:5])) for p, some in fetched.items() for one in some]
        return found
    finally:
        await reader.stop()


async def test_a_key_keeps_its_order_over_many_batches(kafka: str, topic: str, producer: AIOKafkaProducer) -> None:
    sent = records(topic, keys=7, each=40)

    await batches.send(producer, sent)

    found = await read(kafka, topic, len(sent))
    assert len(found) == len(sent)
    for key in {record.key for record in sent}:
        assert [number for _, one, number in found if one == key] == list(range(40))


async def test_a_key_goes_where_every_client_would_send_it(kafka: str, topic: str, producer: AIOKafkaProducer) -> None:
    sent = records(topic, keys=30, each=1)

    await batches.send(producer, sent)

    every, choose = list(range(PARTITIONS)), DefaultPartitioner()
    for partition, key, _ in await read(kafka, topic, len(sent)):
        assert partition == choose(key, every, every)


async def test_a_record_larger_than_a_batch_goes_alone(kafka: str, topic: str, producer: AIOKafkaProducer) -> None:
    sent = [*records(topic, keys=1, each=3), *records(topic, keys=1, each=1, size=3 * SMALL)]

    await batches.send(producer, sent)

    assert [number for *_, number in await read(kafka, topic, 4)] == [0, 1, 2, 0]


async def test_what_the_broker_refuses_is_an_error(topic: str, producer: AIOKafkaProducer) -> None:
    too_large = records(topic, keys=1, each=1, size=2_000_000)

    with pytest.raises(KafkaError):
        await batches.send(producer, too_large)
