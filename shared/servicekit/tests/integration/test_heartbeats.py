"""A heartbeat says up to when nothing urgent was held back; docs/models/revocation.als holds what follows from that."""

import time

import asyncpg
from notes_stack import TOPIC, Stack, progressed

from servicekit.consumers.delivery import HEARTBEAT
from servicekit.ids import new_id
from servicekit.outbox import ledger
from servicekit.testing import eventually


async def beats(stack: Stack) -> list[int]:
    """The instants that heartbeats carry, in the order of their sending."""
    return [record.timestamp for record in await stack.on_the_topic() if record.key == HEARTBEAT.encode()]


async def test_while_something_urgent_waits_no_heartbeat_is_fresh(stack: Stack) -> None:
    relay = stack.relay(heartbeats=lambda: [(TOPIC, HEARTBEAT, b"{}")])
    await eventually(lambda: progressed(relay))
    await eventually(lambda: are_there(stack, more_than=0))
    async with stack.db.transaction() as conn:
        await ledger.hold(conn, held=True)
    await stack.write(new_id(), "x")
    await make_urgent(stack)
    waits_since = time.time() * 1000

    before = len(await beats(stack))
    await eventually(lambda: are_there(stack, more_than=before + 2))
    held_back = await beats(stack)
    async with stack.db.transaction() as conn:
        await ledger.hold(conn, held=False)
    await eventually(lambda: is_fresh(stack, waits_since))

    assert [at for at in held_back if at > waits_since] == []
    assert held_back == sorted(held_back)


async def make_urgent(stack: Stack) -> None:
    owner = await asyncpg.connect(stack.notes.owner)
    await owner.execute("UPDATE servicekit.outbox SET lane = 0 WHERE sent_at IS NULL")
    await owner.close()


async def are_there(stack: Stack, *, more_than: int) -> bool:
    return len(await beats(stack)) > more_than


async def is_fresh(stack: Stack, since: float) -> bool:
    return (await beats(stack))[-1] > since
