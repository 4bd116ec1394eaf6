"""Where a consumer begins: never past what the database has, which may have been restored from a backup."""

import asyncio
from collections.abc import Callable, Mapping

import structlog
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from servicekit.consumers import registry
from servicekit.database import Database

log = structlog.get_logger(__name__)

ASK_SECONDS = 5.0

Lower = Callable[[int | None, int | None], int | None]


def lower(committed: int | None, applied: int | None) -> int | None:
    """The lower of the two; None: at the first record.

    committed: what Kafka was told of; applied: what the database says; None where nothing is known.
    """
    return None if committed is None or applied is None else min(committed, applied)


async def starts(
    bootstrap: str,
    group: str,
    db: Database,
    consumer: str,
    names: Mapping[TopicPartition, tuple[str, int]],
    *,
    lower: Lower,
) -> dict[TopicPartition, int | None]:
    """Where each of these begins. names: each as the database knows it, without the broker's prefix.

    Raises what says that the broker or the database is away.
    """
    async with db.pool.acquire(timeout=ASK_SECONDS) as conn:
        applied = await registry.applied_positions(conn, consumer)
    committed = await _committed(bootstrap, group)
    found = {partition: lower(committed.get(partition), applied.get(name)) for partition, name in names.items()}
    missing = sum(max(committed.get(partition, 0) - (start or 0), 0) for partition, start in found.items())
    if missing:
        log.warning("consumer.begins-before-its-group", consumer=consumer, count=missing)
    return found


async def _committed(bootstrap: str, group: str) -> dict[TopicPartition, int]:
    """All that Kafka was told, in one question; each partition by itself would be a hundred."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        async with asyncio.timeout(ASK_SECONDS):
            await admin.start()
            offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return {partition: known.offset for partition, known in offsets.items() if known.offset >= 0}
