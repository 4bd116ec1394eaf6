"""A database restored to an earlier point is behind what Kafka was told: its consumers begin where it is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from notes_service import NOTES
from notes_stack import Stack, has, sent

from servicekit.consumers import registry
from servicekit.consumers.beginning import Lower, lower
from servicekit.consumers.runtime import Consumption
from servicekit.database import Conn, Database
from servicekit.ids import new_id
from servicekit.testing import eventually


@pytest.mark.parametrize(
    ("committed", "applied", "start"),
    [(None, None, None), (7, None, None), (None, 7, None), (7, 7, 7), (9, 7, 7), (7, 9, 7)],
)
def test_where_a_consumer_begins(committed: int | None, applied: int | None, start: int | None) -> None:
    assert lower(committed, applied) == start


def by_kafka_alone(committed: int | None, _applied: int | None) -> int | None:
    """The wrong variant."""
    return committed


@pytest.fixture
async def backup(stack: Stack, postgres: str) -> AsyncIterator[Any]:
    """Takes the database as it is, and brings it back."""
    admin = await asyncpg.connect(postgres)
    name, kept = stack.notes.name, f"{stack.notes.name}_kept"

    async def take() -> None:
        await stack.db.close()
        await admin.execute(f'CREATE DATABASE "{kept}" TEMPLATE "{name}"')
        stack.db = await Database.open(stack.notes.worker, size=6)

    async def restore() -> None:
        await stack.db.close()
        await admin.execute(f'ALTER DATABASE "{name}" RENAME TO "{name}_lost"')
        await admin.execute(f'ALTER DATABASE "{kept}" RENAME TO "{name}"')
        stack.db = await Database.open(stack.notes.worker, size=6)

    yield take, restore
    await stack.stop()
    await stack.db.close()
    await admin.execute(f'DROP DATABASE IF EXISTS "{kept}" WITH (FORCE)')
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}_lost" WITH (FORCE)')
    await admin.close()


@pytest.mark.parametrize(("begin", "kept"), [(lower, 20), (by_kafka_alone, 10)])
async def test_what_came_after_the_backup_is_applied_again(stack: Stack, backup: Any, begin: Lower, kept: int) -> None:
    take, restore = backup
    note = new_id()
    await lived(stack, note, 10)
    await take()
    await lived(stack, note, 20)
    await restore()
    assert await stack.texts(note) == numbers(10)
    await stack.write(note, "after")

    stack.relay()
    await stack.consume(lower=begin)
    await eventually(lambda: has(stack, note, kept + 1))

    assert await stack.texts(note) == [*numbers(kept), "after"]
    async with stack.db.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM told") == kept + 1


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


async def lived(stack: Stack, note: UUID, upto: int) -> None:
    """Written, sent and kept up to there; Kafka has been told of it, and nobody works any more."""
    before = len(await stack.texts(note))
    stack.relay()
    await stack.consume()
    for number in range(before, upto):
        await stack.write(note, str(number))
    await eventually(lambda: sent(stack, upto))
    await eventually(lambda: has(stack, note, upto))
    await stack.stop()


async def keep_no_beat(_conn: Conn, _beats: dict[str, datetime]) -> None: ...


async def test_heartbeats_are_not_read_again_at_every_start(stack: Stack) -> None:
    """They are told to Kafka alone; how far they are is written down beside, and never behind a signal."""
    beating = replace(NOTES, heartbeat=keep_no_beat)
    stack.relay(heartbeats=lambda: [("midlands.notes", "heartbeat", b"{}")])
    await stack.consume(consumer=beating)

    await eventually(lambda: is_passed(stack, 3))
    note = new_id()
    await stack.write(note, "first")
    await eventually(lambda: has(stack, note, 1))
    await eventually(lambda: is_passed(stack, 5))
    await stack.stop()

    async with stack.db.transaction() as conn:
        applied = await registry.applied_positions(conn, "notes")
    consumption = await stack.consume(consumer=beating)
    told = await offset_told(stack, consumption)
    assert applied["midlands.notes", 0] <= told <= applied["midlands.notes", 0] + 3


async def is_passed(stack: Stack, upto: int) -> bool:
    async with stack.db.transaction() as conn:
        return (await registry.applied_positions(conn, "notes")).get(("midlands.notes", 0), 0) >= upto


async def offset_told(stack: Stack, consumption: Consumption) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(consumption.group)
    finally:
        await admin.close()
    return next(known.offset for place, known in offsets.items() if place.topic.endswith("midlands.notes"))
