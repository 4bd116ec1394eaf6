"""What was given up on its way to the broker may arrive after what was sent since, as docs/models/outbox.als says."""

from collections.abc import Callable
from typing import Any

import aiokafka.client
import orjson
import pytest
from notes_stack import Stack, has, progressed, sent
from rig.proxy import Fault, Way

from servicekit.ids import new_id
from servicekit.outbox import relay
from servicekit.testing import eventually


async def test_a_copy_that_arrives_late_stands_last_and_changes_nothing_that_is_kept(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, unused_tcp_port_factory: Callable[[], int]
) -> None:
    way, port = Way(target=int(stack.kafka.rpartition(":")[2])), unused_tcp_port_factory()
    server = await way.serve(port)
    connect, through_the_way = aiokafka.client.create_conn, True

    async def led(host: str, given: int, **settings: Any) -> Any:
        return await connect(host, port if through_the_way and given == way.target else given, **settings)

    monkeypatch.setattr(aiokafka.client, "create_conn", led)
    monkeypatch.setattr(relay, "SEND_SECONDS", 1.5)
    try:
        first, note = stack.relay(), new_id()
        await eventually(lambda: progressed(first))
        await stack.write(new_id(), "so that it is connected")
        await eventually(lambda: sent(stack, 1))
        through_the_way = False

        way.become(Fault(hold_to_target=True))
        await stack.write(note, "old")
        await eventually(lambda: sent(stack, 2), within=20)
        await stack.write(note, "new")
        await eventually(lambda: sent(stack, 3))
        way.become(Fault())
        await eventually(lambda: stands_last(stack, "old"))
        await stack.consume()
        await eventually(lambda: has(stack, note, 2))
    finally:
        await stack.stop()
        server.close()

    assert await texts(stack) == ["so that it is connected", "old", "new", "old"]
    assert await stack.texts(note) == ["old", "new"]


async def texts(stack: Stack) -> list[str]:
    return [orjson.loads(record.value)["data"]["text"] for record in await stack.on_the_topic()]


async def stands_last(stack: Stack, text: str) -> bool:
    return (await texts(stack))[-1:] == [text]
