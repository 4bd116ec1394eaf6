"""The little service's broker is lost: its topics are gone, and another one is there."""

from pathlib import Path
from uuid import UUID

import orjson
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from notes_service import NOTES, SCHEMA
from notes_stack import TOPIC, Stack

from servicekit.broker import asking, cluster_id
from servicekit.consumers.apply import Applier
from servicekit.operations import Ground
from servicekit.settings import ServiceSettings
from servicekit.testing import eventually

LOST = "a-broker-that-is-gone"


async def quiet(_doing: str, _done: int, _total: int) -> None: ...


def ground_of(stack: Stack, cells_file: Path) -> Ground:
    settings = ServiceSettings(
        service_profile="local",
        worker_database_url=stack.notes.worker,
        kafka_bootstrap=stack.kafka,
        cells_file=cells_file,
    )
    return Ground(name="notes", schema=SCHEMA, consumers=[NOTES], settings=settings, cells=stack.cells)


async def lose_the_topics(stack: Stack) -> None:
    """As another broker would be: without them, without a group's offsets, and under another name."""
    names = [stack.cells.prefix + name for name in (TOPIC, "national.notes")]
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        await admin.delete_topics(names)
        await eventually(lambda: are_gone(admin, names))
        await admin.create_topics([NewTopic(name, 1, 1) for name in names])
    finally:
        await admin.close()
    async with stack.db.transaction() as conn:  # a group of another name has no offsets, as none has on a new broker
        await conn.execute("UPDATE servicekit.deployment SET id = id || 'x'")
        await conn.execute("INSERT INTO servicekit.broker (cluster_id, since) VALUES ($1, now())", LOST)


async def are_gone(admin: AIOKafkaAdminClient, names: list[str]) -> bool:
    return not set(names) & set(await admin.list_topics())


async def of_the_broker(bootstrap: str) -> str:
    async with asking(bootstrap) as client:
        return await cluster_id(client)


async def all_told(stack: Stack) -> int:
    async with stack.db.transaction() as conn:
        told: int = await conn.fetchval("SELECT count(*) FROM told")
    return told


async def told_of(stack: Stack, count: int) -> bool:
    return await all_told(stack) == count


async def sent_texts(stack: Stack, note: UUID) -> list[str]:
    """What stands on the topic of a note, in order."""
    records = [record for record in await stack.on_the_topic() if record.key == str(note).encode()]
    return [orjson.loads(record.value)["data"]["text"] for record in records]


async def is_on_the_topic(stack: Stack, count: int) -> bool:
    return len(await stack.on_the_topic()) >= count


async def has_dealt_with(applier: Applier, count: int) -> bool:
    return applier.applied + applier.repeated == count
