"""A rebuild fills a stopped service's projection anew, and tells nobody again."""

import pytest
from notes_service import NOTES
from notes_stack import Stack, ends_with, has

from servicekit.consumers import registry
from servicekit.consumers.rebuild import RUNNING_LOCK, Rebuild, ServiceRuns
from servicekit.ids import new_id
from servicekit.testing import eventually


async def test_a_rebuild_gives_the_same_and_tells_nobody_again(stack: Stack) -> None:
    notes = [new_id() for _ in range(5)]
    stack.relay()
    await stack.consume()
    for number in range(20):
        await stack.write(notes[number % 5], str(number))
    await eventually(lambda: has(stack, notes[4], 4))
    await eventually(lambda: everything_is_told(stack, 20))
    before = {note: await stack.texts(note) for note in notes}
    await stack.stop()

    rebuilt = await Rebuild(
        service="notes", consumers=[NOTES], cells=stack.cells, bootstrap=stack.kafka, db=stack.db
    ).run()

    assert rebuilt.records == 20
    assert {note: await stack.texts(note) for note in notes} == before
    async with stack.db.transaction() as conn:
        assert (await registry.active(conn, "projection")).side == "b"
        assert await conn.fetchval("SELECT count(*) FROM told") == 20
        assert await conn.fetchval("SELECT count(*) FROM servicekit.inbox WHERE epoch = 1") == 0
    await stack.write(notes[0], "after")
    stack.relay()
    await stack.consume()
    await eventually(lambda: ends_with(stack, notes[0], "after"))
    assert await stack.texts(notes[0]) == [*before[notes[0]], "after"]


async def everything_is_told(stack: Stack, count: int) -> bool:
    async with stack.db.transaction() as conn:
        return bool(await conn.fetchval("SELECT count(*) FROM told") == count)


async def test_a_rebuild_is_refused_while_an_older_release_works(stack: Stack) -> None:
    async with stack.db.pool.acquire() as conn:
        await conn.execute("SELECT pg_advisory_lock_shared($1)", RUNNING_LOCK)

        with pytest.raises(ServiceRuns):
            await Rebuild(
                service="notes", consumers=[NOTES], cells=stack.cells, bootstrap=stack.kafka, db=stack.db
            ).run()
