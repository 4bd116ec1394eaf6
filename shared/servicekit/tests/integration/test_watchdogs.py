"""Where nothing moves and nothing is to blame, the process ends loudly and is started again."""

import asyncio

import pytest
from notes_service import NOTES
from notes_stack import DyingApplier, Stack, has, progressed

from servicekit.consumers.runtime import Consumption
from servicekit.consumers.runtime import Stuck as StuckConsumer
from servicekit.ids import new_id
from servicekit.outbox.relay import Relay
from servicekit.outbox.relay import Stuck as StuckRelay
from servicekit.testing import eventually


async def test_a_consumer_that_is_stuck_ends_loudly(stack: Stack) -> None:
    stack.relay()
    await stack.write(new_id(), "in hand")
    consumption = await stack.consume(stuck_after=0.3)
    never = asyncio.Event()
    consumption.applier = DyingApplier(consumer=NOTES, db=stack.db, epoch=1, until=never)

    reading = stack.tasks.pop()
    await eventually(lambda: ended(reading))

    with pytest.raises(StuckConsumer, match="1 partitions in hand"):
        reading.result()


async def test_a_relay_that_is_stuck_ends_loudly_and_one_that_waits_for_its_turn_does_not(stack: Stack) -> None:
    relay = stack.relay()
    watching = asyncio.create_task(relay.watch(stuck_after=2.0))
    await eventually(lambda: progressed(relay))
    assert not watching.done()

    frozen = Relay(dsn=stack.notes.worker, bootstrap=stack.kafka, stopping=stack.stopping)

    with pytest.raises(StuckRelay, match="nothing done"):
        await frozen.watch(stuck_after=0.2)
    watching.cancel()


async def ended(task: asyncio.Task[None]) -> bool:
    return task.done()


async def test_a_quiet_hour_is_no_standstill(stack: Stack) -> None:
    consumption = await stack.consume(stuck_after=0.4)
    await eventually(lambda: progressed_beyond(consumption, 0.0))
    quiet_until = consumption.last_progress + 1.0
    await eventually(lambda: progressed_beyond(consumption, quiet_until))

    note = new_id()
    await stack.write(note, "after the quiet")
    stack.relay()

    await eventually(lambda: has(stack, note, 1))


async def progressed_beyond(consumption: Consumption, instant: float) -> bool:
    return consumption.last_progress > instant
