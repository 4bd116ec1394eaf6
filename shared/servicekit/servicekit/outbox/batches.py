"""Records go out as batches of their partitions: one wait for each batch, not for each record."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from servicekit.crash_points import Point, reached

KEYS_REMEMBERED = 16_384
"""Signals of one key come in crowds: its hash, which Python takes long for, is kept."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """One record as it leaves. topic: as the broker names it."""

    topic: str
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp: int | None = None
    """Milliseconds since 1970; None for the present instant."""


async def send(producer: AIOKafkaProducer, records: Sequence[Outbound]) -> None:
    """Send these and await every acknowledgement; those of one partition one after another, in this order.

    Raises KafkaError where the broker may lack some of them, and any of the later ones of their partition.
    """
    partitions: dict[str, list[int]] = {}
    parted: dict[tuple[str, int], list[Outbound]] = {}
    for record in records:
        numbers = partitions.get(record.topic)
        if numbers is None:
            numbers = partitions[record.topic] = sorted(await producer.partitions_for(record.topic))
        parted.setdefault((record.topic, _partition(record.key, numbers)), []).append(record)
    await asyncio.gather(*(_send_in_order(producer, *place, records) for place, records in parted.items()))


async def _send_in_order(producer: AIOKafkaProducer, topic: str, partition: int, records: Sequence[Outbound]) -> None:
    at = 0
    while at < len(records):
        batch, taken = _filled(producer, records[at:] if at else records)
        acknowledgement = await producer.send_batch(batch, topic, partition=partition)
        reached(Point.RELAY_BEFORE_ACKNOWLEDGEMENT)
        await acknowledgement
        at += taken
        if at < len(records):
            reached(Point.RELAY_HALF_SENT)


def _filled(producer: AIOKafkaProducer, records: Sequence[Outbound]) -> tuple[Any, int]:
    """A batch of as many as it holds, the first at least; closed, so that it waits for no company."""
    batch = producer.create_batch()
    taken = 0
    for record in records:
        if batch.append(timestamp=record.timestamp, key=record.key, value=record.value, headers=record.headers) is None:
            break
        taken += 1
    batch.close()
    return batch, taken


def _partition(key: bytes, numbers: Sequence[int]) -> int:
    """The one that every Kafka client chooses."""
    return numbers[_hash(key) % len(numbers)]


@lru_cache(KEYS_REMEMBERED)
def _hash(key: bytes) -> int:
    hashed: int = murmur2(key)
    return hashed & 0x7FFFFFFF
