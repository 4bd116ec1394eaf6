"""A database is lost with its disk under load, and restored: to its last commit from the backup and the log kept
elsewhere; or to an earlier point, where its consumers begin where it is."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
import pytest
from figures import Figures
from kept_log import KeptServer, kept_server
from notes_service import NOTES, SCHEMA
from notes_stack import TOPIC, Stack

from servicekit import faults
from servicekit.database import Database, roles
from servicekit.database.migrations import migrate
from servicekit.ids import new_id
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase
from servicekit.testing.topics import cells_for_tests, created

WRITERS, BEFORE, AFTER = 4, 60, 240


@dataclass
class Load:
    """Notes that several people write on and on, and what they were told."""

    stack: Stack
    notes: list[UUID] = field(default_factory=lambda: [new_id() for _ in range(WRITERS)])
    acknowledged: list[tuple[UUID, str]] = field(default_factory=list)

    async def write(self, note: UUID) -> None:
        """Until the database is gone; what was under way then is unknown, not refused."""
        number = 0
        try:
            while True:
                await self.stack.write(note, str(number))
                self.acknowledged.append((note, str(number)))
                number += 1
        except Exception as error:
            if not faults.is_away(error):
                raise

    async def has(self, count: int) -> bool:
        return len(self.acknowledged) >= count


@pytest.fixture
async def server(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[KeptServer]:
    with kept_server(tmp_path / "kept", unused_tcp_port) as standing:
        await standing.keep()
        yield standing


@pytest.fixture
async def stack(server: KeptServer, kafka: str, cells_file: Path) -> AsyncIterator[Stack]:
    admin_dsn = server.server.admin_dsn
    admin = await asyncpg.connect(admin_dsn)
    kinds = ("owner", "api", "worker")
    await roles.found(admin, admin_dsn, "notes", dict.fromkeys(kinds, "for-tests-only"))
    await admin.close()
    owner, api, worker = (
        roles.dsn(admin_dsn, database="notes", role=f"notes_{kind}", password="for-tests-only") for kind in kinds
    )
    await migrate(owner, SCHEMA, [NOTES])
    cells = replace(cells_for_tests(cells_file, serve="midlands"), partitions={"notes": 1})
    async with created(cells, kafka, only=[TOPIC, "national.notes"]):
        notes = TestDatabase("notes", owner, api, worker, admin_dsn)
        standing = Stack(notes, await Database.open(worker, size=8), cells, kafka)
        yield standing
        await standing.stop()
        standing.db.pool.terminate()


async def lived_and_lost(stack: Stack, server: KeptServer) -> Load:
    """Relayed and consumed all the while; a backup is taken in the middle of it."""
    load = Load(stack)
    stack.relay()
    await stack.consume()
    writing = [asyncio.create_task(load.write(note)) for note in load.notes]
    await eventually(lambda: load.has(BEFORE), within=60)
    await asyncio.to_thread(server.back_up)
    upto = len(load.acknowledged) + AFTER
    await eventually(lambda: load.has(upto), within=60)
    server.lose()
    await asyncio.gather(*writing)
    stack.stopping.set()
    await asyncio.gather(*stack.tasks, return_exceptions=True)
    stack.db.pool.terminate()
    stack.stopping, stack.tasks = asyncio.Event(), []
    return load


async def come_back(stack: Stack, server: KeptServer, *, to_the_end: bool) -> None:
    await asyncio.to_thread(server.restore, to_the_end=to_the_end)
    admin = await asyncpg.connect(server.server.admin_dsn)

    async def is_recovered() -> bool:
        return not await admin.fetchval("SELECT pg_is_in_recovery()")

    await eventually(is_recovered, within=60)
    await admin.close()
    stack.db = await Database.open(stack.notes.worker, size=8)


async def ledger_of(stack: Stack) -> list[tuple[UUID, str]]:
    async with stack.db.transaction() as conn:
        rows = await conn.fetch("SELECT body FROM servicekit.outbox ORDER BY position")
    return [_written(row["body"]) for row in rows]


def _written(body: bytes) -> tuple[UUID, str]:
    data = orjson.loads(body)["data"]
    return UUID(data["note_id"]), data["text"]


async def converged(stack: Stack, meant: set[tuple[UUID, str]]) -> bool:
    async with stack.db.transaction() as conn:
        kept = await conn.fetch("SELECT note_id, unnest(texts) AS text FROM kept_notes")
    return {(row["note_id"], row["text"]) for row in kept} >= meant


async def check_once_and_in_order(stack: Stack, notes: list[UUID]) -> tuple[int, int]:
    """How much was applied more than once, and how much of it out of order."""
    async with stack.db.transaction() as conn:
        kept = {row["note_id"]: row["texts"] for row in await conn.fetch("SELECT note_id, texts FROM kept_notes")}
        told = dict(await conn.fetch("SELECT note_id, count(*) FROM told GROUP BY note_id"))
    doubled = sum(sum((Counter(kept[note]) - Counter(set(kept[note]))).values()) for note in notes)
    doubled += sum(max(told[note] - len(set(kept[note])), 0) for note in notes)
    inverted = sum(kept[note] != [str(number) for number in range(len(kept[note]))] for note in notes)
    return doubled, inverted


@pytest.mark.faults
@pytest.mark.alone
async def test_restored_to_the_last_commit_nothing_acknowledged_is_lost(
    stack: Stack, server: KeptServer, figures: Figures
) -> None:
    load = await lived_and_lost(stack, server)
    await come_back(stack, server, to_the_end=True)

    there = await ledger_of(stack)
    stack.relay()
    await stack.consume()
    await eventually(lambda: converged(stack, set(there)), within=60)
    await stack.write(load.notes[0], str(len([note for note, _ in there if note == load.notes[0]])))
    after = await ledger_of(stack)
    await eventually(lambda: converged(stack, set(after)), within=60)

    doubled, inverted = await check_once_and_in_order(stack, load.notes)
    figures.say("disaster", "commands acknowledged before the database was lost", len(load.acknowledged), at_least=300)
    figures.say("disaster", "of them lost by the restore", len(set(load.acknowledged) - set(there)), at_most=0)
    figures.say("disaster", "applied or told twice after the restore", doubled, at_most=0)
    figures.say("disaster", "inversions after the restore", inverted, at_most=0)


@pytest.mark.faults
@pytest.mark.alone
async def test_restored_to_an_earlier_point_it_shows_and_consumers_begin_there(
    stack: Stack, server: KeptServer, figures: Figures
) -> None:
    """The control: without the open segment of the log answers are lost. What had been published comes again."""
    load = await lived_and_lost(stack, server)
    await come_back(stack, server, to_the_end=False)

    lost = set(load.acknowledged) - set(await ledger_of(stack))
    assert lost
    published = {_written(record.value) for record in await stack.on_the_topic()}
    assert published & lost
    stack.relay()
    await stack.consume()

    await eventually(lambda: converged(stack, published), within=60)
    doubled, inverted = await check_once_and_in_order(stack, load.notes)
    figures.say("disaster", "applied twice after a restore to an earlier point", doubled + inverted, at_most=0)
