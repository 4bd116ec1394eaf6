"""A stream ends by itself when the process is about to."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from servicekit.web import pause, until


async def test_a_stream_that_waits_for_news_ends_and_is_closed() -> None:
    draining, closed = asyncio.Event(), asyncio.Event()

    async def news() -> AsyncGenerator[int, None]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            closed.set()

    seen = []
    async for item in until(draining, news()):
        seen.append(item)
        draining.set()

    assert seen == [1]
    assert closed.is_set()


async def test_a_stream_in_waiting_is_told() -> None:
    draining = asyncio.Event()

    async def silence() -> AsyncGenerator[int, None]:
        asyncio.get_running_loop().call_soon(draining.set)
        await asyncio.Event().wait()
        yield 0

    assert [item async for item in until(draining, silence())] == []


async def test_a_stream_that_ends_first_ends() -> None:
    async def three() -> AsyncGenerator[int | None, None]:
        for item in (1, None, 3):
            yield item

    assert [item async for item in until(asyncio.Event(), three())] == [1, None, 3]


async def test_a_stream_that_fails_fails() -> None:
    async def broken() -> AsyncGenerator[int, None]:
        yield 1
        raise LookupError

    with pytest.raises(LookupError):
        _ = [item async for item in until(asyncio.Event(), broken())]


async def test_a_pause_is_cut_short_by_the_event() -> None:
    draining = asyncio.Event()

    assert await pause(draining, 0.001) is False
    draining.set()
    assert await pause(draining, 60) is True
