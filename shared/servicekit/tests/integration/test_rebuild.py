"""A rebuild fills a stopped service's projection anew, and tells nobody again."""

import json
from typing import Any
from uuid import UUID

import pytest
from notes_service import NOTES
from notes_stack import Stack, ends_with, has

from servicekit.consumers import inbox, registry
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


MANY = 4_000
HELD_BY = """
INSERT INTO servicekit.inbox (consumer, epoch, signal_id, topic)
SELECT 'notes', $1, gen_random_uuid(), 'national.notes' FROM generate_series(1, $2)
"""


async def test_what_an_epoch_remembered_is_let_go_row_by_row_though_no_statistics_know_of_it(stack: Stack) -> None:
    """Counted by what each part of the plan looks at: a few rows for each, and not each for every other."""
    async with stack.db.pool.acquire() as conn:
        await conn.execute(HELD_BY, 1, MANY)
        await conn.execute("ANALYZE servicekit.inbox")
        await conn.execute(HELD_BY, 2, MANY)

        explained = await conn.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {inbox.FORGET_SOME}", "notes", 2, UUID(int=0), MANY
        )
        left = await conn.fetch("SELECT epoch, count(*) AS n FROM servicekit.inbox GROUP BY epoch")

    assert [(row["epoch"], row["n"]) for row in left] == [(1, MANY)]
    assert looked_at(json.loads(explained)[0]["Plan"]) <= 10 * MANY


def looked_at(plan: dict[str, Any]) -> float:
    """Rows, of this part of a plan and of those below it."""
    each: float = (
        plan["Actual Rows"] + plan.get("Rows Removed by Join Filter", 0) + plan.get("Rows Removed by Filter", 0)
    )
    return each * plan["Actual Loops"] + sum(map(looked_at, plan.get("Plans", ())))
