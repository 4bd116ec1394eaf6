"""Bytes to a topic with nothing around them: one idempotent producer, and every acknowledgement awaited."""

import asyncio
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

Prepared = Sequence[tuple[bytes, bytes, list[tuple[str, bytes]]]]
"""Key, value and headers of each."""


async def send(bootstrap: str, topic: str, warm_up: Prepared, prepared: Prepared) -> float:
    """Seconds from the first send to the last acknowledgement; the producer is warm by then."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        acks="all",
        linger_ms=2,
        max_batch_size=131_072,
        compression_type="lz4",
        request_timeout_ms=10_000,
    )
    await producer.start()
    try:
        await _send(producer, topic, warm_up)
        began = time.perf_counter()
        await _send(producer, topic, prepared)
        return time.perf_counter() - began
    finally:
        await producer.stop()


async def _send(producer: AIOKafkaProducer, topic: str, prepared: Prepared) -> None:
    acknowledged = [await producer.send(topic, value, key=key, headers=headers) for key, value, headers in prepared]
    await asyncio.gather(*acknowledged)
