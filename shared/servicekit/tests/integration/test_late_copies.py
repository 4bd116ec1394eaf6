"""What was given up on its way to the broker may arrive after what was sent since, as docs/models/outbox.als says."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiokafka.client
import orjson
import pytest
from notes_stack import Stack, has, progressed, sent
from rig.proxy import Fault, Way

from servicekit.ids import new_id
from servicekit.outbox import relay
from servicekit.outbox.ledger import hold
from servicekit.testing import eventually

FIRST = "so that it is connected"


class Line:
    """To the broker through a proxy, which at a word keeps what comes; whoever connects anew goes past it."""

    def __init__(self, stack: Stack, way: Way, port: int) -> None:
        self.way, self.port, self.is_used = way, port, True
        self.connect = aiokafka.client.create_conn

    async def led(self, host: str, given: int, **settings: Any) -> Any:
        through = self.is_used and given == self.way.target
        return await self.connect(host, self.port if through else given, **settings)

    def keep(self) -> None:
        self.is_used = False
        self.way.become(Fault(hold_to_target=True))

    def let_go(self) -> None:
        self.way.become(Fault())


@pytest.fixture
async def line(stack: Stack, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int) -> AsyncIterator[Line]:
    way = Way(target=int(stack.kafka.rpartition(":")[2]))
    server = await way.serve(unused_tcp_port)
    found = Line(stack, way, unused_tcp_port)
    monkeypatch.setattr(aiokafka.client, "create_conn", found.led)
    monkeypatch.setattr(relay, "SEND_SECONDS", 1.5)
    monkeypatch.setattr(relay, "SETTLE_SECONDS", 0.0)
    try:
        yield found
    finally:
        await stack.stop()
        server.close()


@pytest.mark.parametrize("lane", [0, 1], ids=["on a compacted topic", "on another"])
async def test_a_copy_that_arrives_late_stands_last_and_changes_nothing_that_is_kept(
    stack: Stack, line: Line, lane: int
) -> None:
    note = new_id()
    await an_old_one_arrives_late(stack, line, note, lane)

    await stack.consume()
    await eventually(lambda: has(stack, note, 2))

    assert await texts(stack) == [FIRST, "old", "new", "old"]
    assert await stack.texts(note) == ["old", "new"]


async def test_on_a_compacted_topic_the_newest_is_sent_again_once_nothing_more_can_arrive(
    stack: Stack, line: Line
) -> None:
    note = new_id()
    sender = await an_old_one_arrives_late(stack, line, note, 0)

    sender.settled_after = timedelta(0)

    await eventually(lambda: stands_last(stack, "new"))
    await stack.consume()
    await eventually(lambda: has(stack, note, 2))
    assert await texts(stack) == [FIRST, "old", "new", "old", "new"]
    assert await stack.texts(note) == ["old", "new"]


async def test_on_another_topic_all_is_kept_and_nothing_is_sent_again(stack: Stack, line: Line) -> None:
    sender = await an_old_one_arrives_late(stack, line, new_id(), 1)

    sender.settled_after = timedelta(0)

    await stack.write(new_id(), "last")
    await eventually(lambda: stands_last(stack, "last"))
    assert await texts(stack) == [FIRST, "old", "new", "old", "last"]


async def an_old_one_arrives_late(stack: Stack, line: Line, note: UUID, lane: int) -> relay.Relay:
    sender = stack.relay()
    await eventually(lambda: progressed(sender))
    await stack.write(new_id(), FIRST)
    await eventually(lambda: sent(stack, 1))
    line.keep()
    await write(stack, note, "old", lane)
    await eventually(lambda: sent(stack, 2), within=20)
    await write(stack, note, "new", lane)
    await eventually(lambda: sent(stack, 3))
    line.let_go()
    await eventually(lambda: stands_last(stack, "old"))
    return sender


async def write(stack: Stack, note: UUID, text: str, lane: int) -> None:
    """lane: 0 is the one of grants."""
    async with stack.db.transaction() as conn:
        await hold(conn, held=True)
    await stack.write(note, text)
    async with stack.db.transaction() as conn:
        await conn.execute("UPDATE servicekit.outbox SET lane = $1 WHERE sent_at IS NULL", lane)
        await hold(conn, held=False)


async def texts(stack: Stack) -> list[str]:
    return [orjson.loads(record.value)["data"]["text"] for record in await stack.on_the_topic()]


async def stands_last(stack: Stack, text: str) -> bool:
    return (await texts(stack))[-1:] == [text]
