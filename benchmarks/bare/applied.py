"""From one database to another by a topic with nothing around it: INSERT, send at once, read, INSERT."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

FETCH = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "fetch_max_wait_ms": 100}


async def run(
    bootstrap: str, topic: str, group: str, here: str, there: str, ids: Sequence[UUID], *, each_second: float
) -> None:
    """Tell these, so many a second; returns once the last one is in the table there."""
    async with AsyncExitStack() as ending:
        first = await ending.enter_async_context(asyncpg.create_pool(here, min_size=2, max_size=10))
        second = await ending.enter_async_context(asyncpg.create_pool(there, min_size=1, max_size=2))
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", linger_ms=0)
        await producer.start()
        ending.push_async_callback(producer.stop)
        kafka = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, **FETCH)
        await kafka.start()
        ending.push_async_callback(kafka.stop)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_apply(kafka, second, len(ids)))
            began = time.perf_counter()
            for number, one in enumerate(ids):
                await asyncio.sleep(began + number / each_second - time.perf_counter())
                tasks.create_task(_command(first, producer, topic, one))


async def _command(pool: "asyncpg.Pool[Any]", producer: AIOKafkaProducer, topic: str, one: UUID) -> None:
    body = orjson.dumps({"id": one, "event_id": one, "person_id": one, "filling": "f" * 500})
    await pool.execute(
        """
        INSERT INTO servicekit.outbox (id, topic, key, type, subject, version, body, published_at)
        VALUES ($1, $2, $3, 'registration-confirmed', $3, 1, $4, $5)
        """,
        one,
        topic,
        str(one),
        body,
        datetime.now(UTC),
    )
    await producer.send_and_wait(topic, body, key=one.bytes)


async def _apply(kafka: AIOKafkaConsumer, pool: "asyncpg.Pool[Any]", count: int) -> None:
    done = 0
    while done < count:
        for partition, records in (await kafka.getmany(timeout_ms=200)).items():
            for record in records:
                told = orjson.loads(record.value)
                await pool.execute(
                    """
                    INSERT INTO projection_a.registrations
                           (registration_id, version, event_id, person_id, registered_at, waited)
                    VALUES ($1, 1, $2, $3, $4, false)
                    """,
                    UUID(told["id"]),
                    UUID(told["event_id"]),
                    UUID(told["person_id"]),
                    datetime.now(UTC),
                )
            await kafka.commit({partition: records[-1].offset + 1})
            done += len(records)
