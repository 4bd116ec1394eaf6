"""A reader who goes on from the last position misses nothing, whatever order transactions commit in."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from servicekit.database import Conn, Database
from servicekit.feeds import check_position, last_position, next_positions
from servicekit.problem import Gone, Invalid
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase

Allot = Callable[[Conn], Awaitable[int]]


@pytest.fixture(autouse=True)
async def _items(notes: TestDatabase) -> None:
    """The items of a feed, and the sequence that the wrong variant numbers them from."""
    owner = await asyncpg.connect(notes.owner)
    await owner.execute(
        """
        CREATE TABLE items (position bigint PRIMARY KEY, who text);
        CREATE SEQUENCE naive;
        GRANT ALL ON items, naive TO guildhall_worker;
        """
    )
    await owner.close()


async def counted(conn: Conn) -> int:
    return (await next_positions(conn, {"anna": 1}))["anna"]


async def naive(conn: Conn) -> int:
    return int(await conn.fetchval("SELECT nextval('naive')"))


async def insert(conn: Conn, allot: Allot, who: str) -> None:
    await conn.execute("INSERT INTO items (position, who) VALUES ($1, $2)", await allot(conn), who)


async def read_after(db: Database, position: int) -> list[tuple[int, str]]:
    async with db.reading() as conn:
        rows = await conn.fetch(
            "SELECT position, who FROM items WHERE position > $1 ORDER BY position LIMIT 100", position
        )
    return [(row["position"], row["who"]) for row in rows]


async def is_waiting_or_done(db: Database, pid: int, task: "asyncio.Task[None]") -> bool:
    async with db.reading() as conn:
        waits = await conn.fetchval("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1", pid)
    return bool(waits) or task.done()


async def seen_by_a_reader(db: Database, allot: Allot) -> list[str]:
    """The first takes its position, the second commits first if it can, and a reader looks in between."""
    pids: asyncio.Queue[int] = asyncio.Queue()

    async def second() -> None:
        async with db.transaction() as conn:
            pids.put_nowait(await conn.fetchval("SELECT pg_backend_pid()"))
            await insert(conn, allot, "second")

    async with db.transaction() as conn:
        await insert(conn, allot, "first")
        task = asyncio.create_task(second())
        pid = await pids.get()
        await eventually(lambda: is_waiting_or_done(db, pid, task))
        seen = await read_after(db, 0)
    await task
    seen += await read_after(db, seen[-1][0] if seen else 0)
    return [who for _, who in seen]


async def test_whoever_commits_first_the_reader_sees_all_in_order(worker: Database) -> None:
    assert await seen_by_a_reader(worker, counted) == ["first", "second"]


async def test_numbers_from_a_sequence_lose_an_item(worker: Database) -> None:
    """The negative control: the same reader, and the first item is never seen."""
    assert await seen_by_a_reader(worker, naive) == ["second"]


async def test_a_rollback_leaves_no_gap(worker: Database) -> None:
    async def fails() -> None:
        async with worker.transaction() as conn:
            await insert(conn, counted, "lost")
            raise LookupError

    with pytest.raises(LookupError):
        await fails()
    async with worker.transaction() as conn:
        await insert(conn, counted, "kept")

    assert await read_after(worker, 0) == [(1, "kept")]


async def test_many_positions_of_many_feeds_are_taken_at_once(worker: Database) -> None:
    async with worker.transaction() as conn:
        first = await next_positions(conn, {"b": 3, "a": 1})
        second = await next_positions(conn, {"a": 2, "c": 1})

        assert (first, second) == ({"a": 1, "b": 1}, {"a": 2, "c": 1})
        assert [await last_position(conn, feed) for feed in "abcd"] == [3, 3, 1, 0]
        assert await next_positions(conn, {}) == {}


async def test_takers_of_the_same_feeds_in_any_order_do_not_deadlock(worker: Database) -> None:
    feeds = [f"feed-{n}" for n in range(12)]

    async def take(turn: int) -> None:
        order = feeds[turn:] + feeds[:turn]
        async with worker.transaction() as conn:
            await next_positions(conn, dict.fromkeys(order if turn % 2 else reversed(order), 1))

    await asyncio.gather(*(take(turn % 12) for turn in range(60)))

    async with worker.reading() as conn:
        assert {await last_position(conn, feed) for feed in feeds} == {60}


async def test_no_position_is_asked_for_in_vain(worker: Database) -> None:
    async with worker.transaction() as conn:
        with pytest.raises(ValueError, match="at least one position"):
            await next_positions(conn, {"a": 0})


def test_a_position_that_is_no_longer_kept_is_gone_and_a_future_one_is_a_mistake() -> None:
    check_position(0, oldest=1, last=9)
    check_position(4, oldest=5, last=9)
    check_position(9, oldest=5, last=9)

    with pytest.raises(Gone, match="the oldest is 5"):
        check_position(3, oldest=5, last=9)
    with pytest.raises(Invalid, match="the newest is 9"):
        check_position(10, oldest=5, last=9)
