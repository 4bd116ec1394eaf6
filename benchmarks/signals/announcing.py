"""An announcement as `work` of notifications makes it: counted, and told chunk by chunk to all who are meant."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg

from benchmarks.commands.world import CELL, TRUST, network
from benchmarks.signals import members
from benchmarks.signals.consuming import settle
from benchmarks.stage import POOL_SIZE, Stage
from notifications_service.announcements import said, store
from notifications_service.announcements.actions import CHUNK
from notifications_service.announcements.loop import Announcer
from notifications_service.announcements.model import Words
from notifications_service.announcements.said import NewSaid
from notifications_service.consumers import CONSUMERS
from notifications_service.schema import SCHEMA
from servicekit import clock
from servicekit.database import Database
from servicekit.testing import databases
from servicekit.testing.databases import TestDatabase

LEDGER = "public.notifications"
CHANNELS = 2
EMPTIED = "TRUNCATE notifications, announcements, servicekit.feed_counters, servicekit.outbox"


@asynccontextmanager
async def peopled(stage: Stage, count: int) -> AsyncIterator[TestDatabase]:
    """A database of notifications with so many members."""
    async with databases.fresh(stage.postgres.admin_dsn, "notifications", SCHEMA, CONSUMERS) as database:
        conn = await asyncpg.connect(database.admin)
        await members.people_it(conn, count)
        await conn.close()
        await settle(database)
        yield database


async def everybody(database: TestDatabase) -> list[UUID]:
    conn = await asyncpg.connect(database.admin)
    try:
        return [row["person_id"] for row in await conn.fetch("SELECT person_id FROM access_a.access_memberships")]
    finally:
        await conn.close()


async def start_over(database: TestDatabase) -> None:
    await settle(database, EMPTIED)


async def size_up(database: TestDatabase) -> float:
    """Seconds that counting the audience takes, which is done once, before the first is told."""
    db = await Database.open(database.worker, size=POOL_SIZE)
    try:
        new = await _say(db)
        async with db.transaction() as conn:
            began = time.perf_counter()
            meant = await store.networks_meant(conn, [network(TRUST)])
            await said.set_total(conn, new.cause, meant, now=clock.now())
            return time.perf_counter() - began
    finally:
        await db.close()


async def announce(database: TestDatabase, *, people: int, is_sized_up: bool = False) -> float:
    """Seconds from the first look at the audience until so many people have been told, each by both channels.

    people: all who are meant, or some chunks of them. is_sized_up: the audience has been counted before.
    """
    db = await Database.open(database.worker, size=POOL_SIZE)
    announcer = Announcer(db=db, mark=_nothing, reached=_reached, chunk=min(CHUNK, people))
    try:
        new = await _say(db)
        if is_sized_up:
            async with db.transaction() as conn:
                await conn.execute("UPDATE announcements SET total = $2 WHERE cause = $1", new.cause, people)
        began, told = time.perf_counter(), 0
        while told < people:
            more = await announcer.round(now=clock.now())
            if not more:
                raise LookupError(f"only {told} of {people} people were told")
            told += more
        return time.perf_counter() - began
    finally:
        await db.close()


async def _say(db: Database) -> NewSaid:
    new = NewSaid(
        id=uuid4(),
        network_id=network(TRUST),
        cell=CELL,
        network=TRUST,
        words=Words("Winter plans", "Beds, flow and winter."),
        sectors=[],
        job_roles=[],
        eligible_on=clock.today(),
        made_by=uuid4(),
        at=datetime.now(UTC),
    )
    async with db.transaction() as conn:
        await said.insert(conn, new)
    return new


async def _nothing() -> dict[object, int]:
    return {}


async def _reached(_mark: object) -> bool:
    return True
