"""Cycles go though hardly any are made: a process that does little does not grow with them."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from servicekit import garbage
from servicekit.testing import eventually


class Ring:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _settled() -> Iterator[None]:
    before = gc.get_threshold()
    garbage.settle()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def lost() -> "weakref.ref[Ring]":
    return weakref.ref(Ring())


async def is_gone(ring: "weakref.ref[Ring]") -> bool:
    return ring() is None


async def test_a_cycle_is_cleared_away_by_the_clock_and_not_before() -> None:
    ring, stopping = lost(), asyncio.Event()
    assert ring() is not None, "without anybody who looks it stays"

    clearing = asyncio.create_task(garbage.clear_away(stopping, every=0.01))

    assert await eventually(lambda: is_gone(ring))
    stopping.set()
    await clearing


async def test_what_is_in_hand_is_not_looked_through() -> None:
    ring, stopping = lost(), asyncio.Event()
    in_hand = [[number] for number in range(2 * garbage.FEW)]

    clearing = asyncio.create_task(garbage.clear_away(stopping, every=0.01))
    with pytest.raises(AssertionError, match="not within"):
        await eventually(lambda: is_gone(ring), within=0.3)

    in_hand.clear()
    assert await eventually(lambda: is_gone(ring))
    stopping.set()
    await clearing


async def test_who_is_to_stop_waits_no_longer() -> None:
    stopping = asyncio.Event()
    stopping.set()

    async with asyncio.timeout(1):
        await garbage.clear_away(stopping)
