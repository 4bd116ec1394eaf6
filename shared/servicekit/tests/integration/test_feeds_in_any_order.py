"""Whatever order writers commit and give up in, whoever reads page by page misses nothing and repeats nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from figures import Figures
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from machines import Do, played

from servicekit.database import Conn, Database
from servicekit.feeds import next_positions
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase

SECTION = "cursors"
PAGE = 2
MOST_WRITERS = 4
STEPS = 14

Allot = Callable[[Conn], Awaitable[int]]


@pytest.fixture(autouse=True)
async def _items(notes: TestDatabase) -> None:
    """The items of a feed, and the sequence that the wrong variant numbers them from."""
    owner = await asyncpg.connect(notes.owner)
    await owner.execute(
        """
        CREATE TABLE items (position bigint PRIMARY KEY, who int);
        CREATE SEQUENCE naive;
        GRANT ALL ON items, naive TO guildhall_worker;
        """
    )
    await owner.close()


@pytest.fixture
async def worker(notes: TestDatabase) -> AsyncIterator[Database]:
    """With a connection for the reader and for all who write in a play: who was told to end may still wait."""
    db = await Database.open(notes.worker, size=STEPS + 1)
    yield db
    await db.close()


async def counted(conn: Conn) -> int:
    return (await next_positions(conn, {"feed": 1}))["feed"]


async def naive(conn: Conn) -> int:
    return int(await conn.fetchval("SELECT nextval('naive')"))


@dataclass
class Writer:
    """Takes a position at once, and ends when it is told how."""

    number: int
    ends: "asyncio.Future[bool]"
    pid: int = 0
    """Of its connection while it asks for a position; -1 once it has one."""


@dataclass
class Feed:
    db: Database
    allot: Allot
    writers: list[Writer] = field(default_factory=list)
    tasks: "dict[int, asyncio.Task[None]]" = field(default_factory=dict)
    committed: list[int] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    after: int = 0
    number: int = 0

    async def write(self) -> None:
        if len(self.writers) == MOST_WRITERS:
            return
        self.number += 1
        writer = Writer(self.number, asyncio.get_running_loop().create_future())
        self.tasks[writer.number] = asyncio.create_task(self._written(writer))
        self.writers.append(writer)
        await eventually(lambda: self._stands(writer))

    async def end(self, which: int, *, commits: bool) -> None:
        """In whatever order; who still waits for a position ends once it has one."""
        if self.writers:
            writer = self.writers.pop(which % len(self.writers))
            writer.ends.set_result(commits)
            await eventually(lambda: self._stands(writer, or_done=True))

    async def read(self) -> None:
        """One page."""
        async with self.db.reading() as conn:
            rows = await conn.fetch(
                "SELECT position, who FROM items WHERE position > $1 ORDER BY position LIMIT $2", self.after, PAGE
            )
        self.seen += [row["who"] for row in rows]
        self.after = rows[-1]["position"] if rows else self.after

    async def close(self) -> None:
        """All end, and the reader reads on until there is nothing more."""
        while self.writers:
            await self.end(0, commits=True)
        await asyncio.gather(*self.tasks.values())
        count = -1
        while count < len(self.seen):
            count = len(self.seen)
            await self.read()
        async with self.db.transaction() as conn:
            await conn.execute("DELETE FROM items")

    async def _written(self, writer: Writer) -> None:
        try:
            async with self.db.transaction() as conn:
                writer.pid = await conn.fetchval("SELECT pg_backend_pid()")
                position = await self.allot(conn)
                await conn.execute("INSERT INTO items (position, who) VALUES ($1, $2)", position, writer.number)
                writer.pid = -1
                if not await writer.ends:
                    raise LookupError
        except LookupError:
            return
        self.committed.append(writer.number)

    async def _stands(self, writer: Writer, *, or_done: bool = False) -> bool:
        """It has its position, or waits for whoever has the one before."""
        if self.tasks[writer.number].done() or (writer.pid == -1 and not or_done):
            return True
        if writer.pid <= 0:
            return False
        async with self.db.reading() as conn:
            return bool(
                await conn.fetchval("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1", writer.pid)
            )


@dataclass
class Found:
    read: int = 0
    missed: int = 0
    repeated: int = 0


async def play(db: Database, allot: Allot, *, seed: int, examples: int) -> Found:
    found = Found()

    def machine(do: Do[Any]) -> type[RuleBasedStateMachine]:
        class Reader(RuleBasedStateMachine):
            @initialize()
            def a_feed(self) -> None:
                self.feed = Feed(db, allot)

            @rule()
            def somebody_writes(self) -> None:
                do(self.feed.write())

            @rule(which=st.integers(0, MOST_WRITERS), commits=st.sampled_from([True, True, False]))
            def somebody_ends(self, which: int, commits: bool) -> None:
                do(self.feed.end(which, commits=commits))

            @rule()
            def a_page_is_read(self) -> None:
                do(self.feed.read())

            def teardown(self) -> None:
                if not hasattr(self, "feed"):
                    return
                do(self.feed.close())
                seen, committed = self.feed.seen, self.feed.committed
                found.read += len(seen)
                found.missed += len(set(committed) - set(seen))
                found.repeated += len(seen) - len(set(seen))
                assert set(committed) <= set(seen), "the reader missed an item"
                assert len(seen) == len(set(seen)), "the reader was given an item twice"
                assert set(seen) <= set(committed), "the reader was given what was never committed"

        return Reader

    await played(machine, seed=seed, examples=examples, steps=STEPS)
    return found


def say(figures: Figures, found: Found) -> None:
    figures.say(SECTION, "items read in spite of commits in any order", found.read, at_least=10)
    figures.say(SECTION, "missed", found.missed, at_most=0)
    figures.say(SECTION, "repeated", found.repeated, at_most=0)


async def test_nothing_is_missed_or_repeated(worker: Database, seed: int, figures: Figures) -> None:
    say(figures, await play(worker, counted, seed=seed, examples=25))


@pytest.mark.faults
async def test_nothing_is_in_a_long_play_either(worker: Database, seed: int, figures: Figures) -> None:
    say(figures, await play(worker, counted, seed=seed, examples=250))


async def test_a_cursor_over_a_sequence_misses_something(worker: Database) -> None:
    with pytest.raises(AssertionError, match="missed an item"):
        await play(worker, naive, seed=7, examples=400)
