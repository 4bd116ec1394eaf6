"""All that feed a projection are switched together, one projection at a time, and what was fresh stays fresh."""

import asyncio
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
from notes_life import Life, a_rebuild
from notes_service import NOTES, NoteWritten
from notes_stack import TOPIC, Stack

from servicekit.consumers import Consumer, Delivery, projects, registry
from servicekit.consumers.delivery import HEARTBEAT
from servicekit.consumers.rebuild import RUNNING_LOCK, Rebuild, RebuildRuns
from servicekit.database import Conn
from servicekit.ids import new_id
from servicekit.testing import eventually


async def test_two_rebuilds_of_one_projection_do_not_meet(stack: Stack) -> None:
    life = Life(stack)
    stack.relay()
    await stack.consume()
    await life.write(10)
    await eventually(life.all_is_told)
    reading, going_on = asyncio.Event(), asyncio.Event()

    async def hold(doing: str, _done: int, _total: int) -> None:
        if doing == "reading":
            reading.set()
            await going_on.wait()

    first = asyncio.create_task(a_rebuild(stack, progress=hold).run())
    await reading.wait()
    with pytest.raises(RebuildRuns, match="is being rebuilt already"):
        await a_rebuild(stack).run()
    going_on.set()

    assert (await first).epoch == 2
    async with stack.db.transaction() as conn:
        assert (await registry.active(conn, "projection")).epoch == 2


async def test_one_projection_is_rebuilt_at_a_time(stack: Stack) -> None:
    async with stack.db.pool.acquire() as conn:
        await conn.execute("SELECT pg_advisory_lock($1)", RUNNING_LOCK)

        with pytest.raises(RebuildRuns, match="another projection of notes is being rebuilt; one at a time"):
            await a_rebuild(stack).run()


def echo_of(note: UUID) -> UUID:
    return UUID(int=note.int ^ 1)


async def keep_echo(conn: Conn, written: Delivery[NoteWritten]) -> None:
    await conn.execute("INSERT INTO kept_notes VALUES ($1, ARRAY['echo'])", echo_of(written.data.note_id))


ECHOES = Consumer(name="echoes", projection="projection", subscriptions=[projects(NoteWritten, keep_echo)])


@pytest.mark.parametrize(("together", "echoed"), [(True, ["echo"]), (False, [])])
async def test_all_that_feed_a_projection_are_rebuilt_together(stack: Stack, together: bool, echoed: list[str]) -> None:
    """The wrong variant rebuilds one of two: what the other had written is gone."""
    before, after = new_id(), new_id()
    stack.relay()
    await stack.consume()
    await stack.consume(consumer=ECHOES)
    await stack.write(before, "x")
    await eventually(lambda: is_kept_with_its_echo(stack, before))

    consumers = [NOTES, ECHOES] if together else [NOTES]
    await a_rebuild(stack, consumers=consumers).run()
    await stack.write(after, "x")
    await eventually(lambda: is_kept_with_its_echo(stack, after))

    assert await stack.texts(before) == ["x"]
    assert await stack.texts(echo_of(before)) == echoed


async def is_kept_with_its_echo(stack: Stack, note: UUID) -> bool:
    return await stack.texts(note) == ["x"] and await stack.texts(echo_of(note)) == ["echo"]


BEAT = UUID(int=1)


async def keep_beats(conn: Conn, beats: dict[str, datetime]) -> None:
    await conn.execute(
        "INSERT INTO kept_notes (note_id, texts) VALUES ($1, $2)"
        " ON CONFLICT (note_id) DO UPDATE SET texts = excluded.texts",
        BEAT,
        sorted(beats),
    )


async def test_after_a_switch_what_was_fresh_is_fresh(stack: Stack) -> None:
    """Who asks how old the newest heartbeat is must find one on the new side at once."""
    beating = replace(NOTES, heartbeat=keep_beats)
    stack.relay(heartbeats=lambda: [(TOPIC, HEARTBEAT, b"{}")])
    await stack.consume(consumer=beating)
    await eventually(lambda: beats(stack))
    await stack.stop()

    await Rebuild(service="notes", consumers=[beating], cells=stack.cells, bootstrap=stack.kafka, db=stack.db).run()

    assert await beats(stack)


async def beats(stack: Stack) -> bool:
    return await stack.texts(BEAT) == ["midlands"]
