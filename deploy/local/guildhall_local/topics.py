"""The topics of deploy/kafka/cells.toml, created explicitly: no topic comes to be by being named."""

import asyncio
import logging
import os
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from guildhall_local.instance import CELLS_FILE
from guildhall_local.obstacle import Obstacle

FACTS = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""Fact topics keep everything: replay from the first offset is always possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    name: str
    partitions: int
    settings: dict[str, str] = field(default_factory=dict)


def described(cells_file: Path = CELLS_FILE, *, prefix: str = "", cells: Sequence[str] | None = None) -> list[Topic]:
    """Every topic of the given cells (all when None), each name with `prefix` before it."""
    table = tomllib.loads(cells_file.read_text())
    compacted = table["compacted"]
    compaction = {
        "cleanup.policy": "compact",
        "segment.ms": str(compacted["segment_ms"]),
        "max.compaction.lag.ms": str(compacted["max_compaction_lag_ms"]),
        "delete.retention.ms": str(compacted["delete_retention_ms"]),
    }
    return [
        Topic(
            name=f"{prefix}{cell}.{kind}",
            partitions=partitions,
            settings=compaction if kind in compacted["topics"] else FACTS,
        )
        for cell in (table["cells"] if cells is None else cells)
        for kind, partitions in table["partitions"].items()
    ]


async def create(bootstrap: str, topics: Iterable[Topic]) -> list[str]:
    """Create those that are missing, and answer their names; raises Obstacle where Kafka refuses one."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        if missing:
            answer = await admin.create_topics([_as_kafka_wants(topic) for topic in missing])
            for name, code, message in answer.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise Obstacle(f"Kafka refused the topic {name}: {message or for_code(code).__name__}.")
        return [topic.name for topic in missing]
    finally:
        await admin.close()


def _as_kafka_wants(topic: Topic) -> NewTopic:
    return NewTopic(
        name=topic.name,
        num_partitions=topic.partitions,
        replication_factor=1,
        topic_configs=topic.settings,
    )


async def delete(bootstrap: str, names: Sequence[str]) -> None:
    """For tests: a broker that is shared keeps no test's topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(list(names))
    finally:
        await admin.close()


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    try:
        created = asyncio.run(
            create(os.environ["KAFKA_BOOTSTRAP"], described(prefix=os.environ.get("TOPIC_PREFIX", "")))
        )
    except (Obstacle, KafkaError) as trouble:
        sys.exit(f"The topics could not be created: {trouble}")
    print(f"{len(created)} topics created")


if __name__ == "__main__":
    main()
