"""Signals into one table with nothing around them: read, decode, COPY, commit the offset; batch after batch."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

FETCH = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "session_timeout_ms": 6000,
    "heartbeat_interval_ms": 2000,
    "max_poll_interval_ms": 300_000,
    "fetch_max_wait_ms": 100,
    "max_partition_fetch_bytes": 512 * 1024,
}
BATCH = 1000
COLUMNS = ["registration_id", "version", "event_id", "person_id", "registered_at", "waited", "attended_at"]


async def consume(bootstrap: str, topic: str, group: str, dsn: str, table: str, *, count: int) -> float:
    """Seconds from the first records' arrival to the last commit of an offset. table: its schema and name."""
    kafka = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, **FETCH)
    await kafka.start()
    try:
        async with asyncpg.create_pool(dsn, min_size=1, max_size=10) as pool:
            began, done = 0.0, 0
            while done < count:
                fetched = await kafka.getmany(timeout_ms=200)
                began = began or (time.perf_counter() if fetched else 0.0)
                await asyncio.gather(*(_work_off(kafka, pool, table, *item) for item in fetched.items()))
                done += sum(map(len, fetched.values()))
            return time.perf_counter() - began
    finally:
        await kafka.stop()


async def _work_off(
    kafka: AIOKafkaConsumer,
    pool: "asyncpg.Pool[Any]",
    table: str,
    partition: TopicPartition,
    records: "Sequence[ConsumerRecord[bytes, bytes]]",
) -> None:
    for start in range(0, len(records), BATCH):
        batch = records[start : start + BATCH]
        rows = [_row(orjson.loads(record.value)["data"]) for record in batch]
        schema, name = table.split(".")
        async with pool.acquire() as conn:
            await conn.copy_records_to_table(name, schema_name=schema, columns=COLUMNS, records=rows)
        await kafka.commit({partition: batch[-1].offset + 1})


def _row(data: dict[str, Any]) -> tuple[Any, ...]:
    attended_at = data["attended_at"]
    return (
        UUID(data["registration_id"]),
        data["version"],
        UUID(data["event_id"]),
        UUID(data["person_id"]),
        datetime.fromisoformat(data["registered_at"]),
        data["waited"],
        datetime.fromisoformat(attended_at) if attended_at else None,
    )
