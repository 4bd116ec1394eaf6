"""Every record of every topic, as it lies there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

GRANTS, PROFILES = "membership.grants", "membership.profiles"
HEARTBEAT = b"heartbeat"
FETCH_MS = 500


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]

    @property
    def cell(self) -> str:
        return self.topic.partition(".")[0]

    @property
    def stream(self) -> str:
        """The topic without its cell, such as `membership.profiles`."""
        return self.topic.partition(".")[2]

    @property
    def is_heartbeat(self) -> bool:
        return self.key == HEARTBEAT and self.stream == GRANTS

    @cached_property
    def document(self) -> dict[str, Any]:
        """The signal as JSON; empty for a tombstone."""
        parsed: dict[str, Any] = json.loads(self.value) if self.value is not None else {}
        return parsed

    @property
    def id(self) -> str:
        return str(self.document.get("id") or self.headers["id"].decode())

    @property
    def type(self) -> str:
        """Without the house and the version: `events.registration-confirmed`."""
        whole = self.document.get("type") or self.headers["type"].decode()
        return str(whole).removeprefix("guildhall.").rpartition(".")[0]

    @property
    def network(self) -> str:
        return str(self.document.get("network", ""))

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = self.document.get("data", {})
        return found


async def read_all(bootstrap: str) -> list[Record]:
    """From the first offset to the last that there is now; within a partition in its order."""
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await reader.start()
    try:
        partitions = await _partitions(bootstrap)
        reader.assign(partitions)
        ends = await reader.end_offsets(partitions)
        found: dict[TopicPartition, list[Record]] = {partition: [] for partition in partitions}
        await reader.seek_to_beginning(*partitions)
        while await _unfinished(reader, ends):
            fetched = await reader.getmany(timeout_ms=FETCH_MS)
            for partition, records in fetched.items():
                found[partition] += [_record(record) for record in records]
        return [record for partition in sorted(found) for record in found[partition]]
    finally:
        await reader.stop()


async def _partitions(bootstrap: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics()
    finally:
        await admin.close()
    return sorted(
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
        if not topic["is_internal"]
    )


async def _unfinished(reader: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    for partition, end in ends.items():
        if await reader.position(partition) < end:
            return True
    return False


def _record(record: Any) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=dict(record.headers),
    )


def facts(records: Sequence[Record]) -> list[Record]:
    """The signals of the topics that keep everything, each where it first stands.

    A signal may be delivered again under its own id after a fault, and counts once for whoever reads it.
    """
    first: dict[tuple[str, str], Record] = {}
    for record in records:
        if record.stream not in {GRANTS, PROFILES}:
            first.setdefault((record.topic, record.id), record)
    return list(first.values())
