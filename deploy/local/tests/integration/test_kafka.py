"""Kafka as our child: it keeps its records through a SIGKILL, and has exactly the topics it was given."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import UnknownTopicOrPartitionError

from guildhall_local import children, kafka, topics
from guildhall_local.instance import default_cache
from guildhall_local.testservers import free_ports


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, controller_port = free_ports(2)
    with kafka.running(tmp_path_factory.mktemp("kafka"), port, controller_port=controller_port) as started:
        yield started


async def test_records_survive_a_kill_of_the_broker(tmp_path: Path) -> None:
    port, controller_port = free_ports(2)
    broker = kafka.Broker(folder=tmp_path, port=port, controller_port=controller_port, cache=default_cache())
    broker.prepare()
    log = tmp_path / "kafka.log"
    first = children.start(broker.command(), environment=broker.environment(), folder=tmp_path, log=log)
    kafka.await_ready(broker, first, log)
    await topics.create(broker.bootstrap, [topics.Topic(name="facts", partitions=1)])
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all") as producer:
        await producer.send_and_wait("facts", b"founded")

    first.kill()
    first.wait()
    broker.prepare()
    second = children.start(broker.command(), environment=broker.environment(), folder=tmp_path, log=log)

    try:
        kafka.await_ready(broker, second, log)
        assert await _first_record(broker.bootstrap, "facts") == b"founded"
    finally:
        children.stop(second)
    assert second.returncode in (0, 143)


async def _first_record(bootstrap: str, topic: str) -> bytes | None:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        record = await consumer.getone()
        return record.value


async def test_topics_are_made_once_with_their_partitions_and_settings(bootstrap: str) -> None:
    prefix = f"{secrets.token_hex(4)}."
    wanted = topics.described(prefix=prefix)

    assert len(await topics.create(bootstrap, wanted)) == 48
    assert await topics.create(bootstrap, wanted) == []

    events, grants = f"{prefix}midlands.events", f"{prefix}midlands.membership.grants"
    async with _admin(bootstrap) as admin:
        described = {
            topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics([events, grants])
        }
        assert described == {events: 6, grants: 1}
        assert await _settings(admin, events, "cleanup.policy", "retention.ms") == ["delete", "-1"]
        assert await _settings(
            admin, grants, "cleanup.policy", "segment.ms", "max.compaction.lag.ms", "delete.retention.ms"
        ) == ["compact", "600000", "3600000", "2592000000"]


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def _settings(admin: AIOKafkaAdminClient, topic: str, *names: str) -> list[str]:
    [answer] = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, topic, configs=dict.fromkeys(names))]
    )
    [resource] = answer.resources
    values = {entry[0]: entry[1] for entry in resource[4]}
    return [values[name] for name in names]


async def test_a_topic_does_not_come_to_be_by_being_named(bootstrap: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, request_timeout_ms=2000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.send_and_wait("misspelt", b"lost")


def test_two_brokers_run_side_by_side_and_end_with_their_blocks(tmp_path: Path, bootstrap: str) -> None:
    port, controller_port = free_ports(2)

    with kafka.running(tmp_path, port, controller_port=controller_port) as other:
        assert other != bootstrap
        assert kafka.brokers_known(port) == 1

    assert kafka.brokers_known(port) == 0
    assert [each for each in psutil.process_iter(["cmdline"]) if str(tmp_path) in str(each.info)] == []
