"""A stream ends by itself when the process is about to."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from starlette.responses import StreamingResponse
from starlette.types import Message

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


async def test_a_client_that_leaves_in_the_middle_of_a_wait_closes_what_it_read() -> None:
    """Whoever answers it cancels again and again, in every `await` of a `finally` too."""
    reading, closed = asyncio.Event(), asyncio.Event()

    async def news() -> AsyncGenerator[bytes, None]:
        try:
            yield b"first"
            reading.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # such as a connection that is given back
            closed.set()

    async def leave() -> Message:
        await reading.wait()
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        pass

    tasks_before = asyncio.all_tasks()
    response = StreamingResponse(until(asyncio.Event(), news()))
    await response({"type": "http", "asgi": {"spec_version": "2.3"}}, leave, send)

    assert closed.is_set()
    assert asyncio.all_tasks() == tasks_before


async def test_a_reader_that_is_cancelled_once_closes_what_it_read() -> None:
    reading, closed = asyncio.Event(), asyncio.Event()

    async def news() -> AsyncGenerator[int, None]:
        try:
            reading.set()
            await asyncio.Event().wait()
            yield 1
        finally:
            closed.set()

    async def read() -> None:
        async for _ in until(asyncio.Event(), news()):
            pass

    reader = asyncio.create_task(read())
    await reading.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader

    assert closed.is_set()


async def test_a_pause_is_cut_short_by_the_event() -> None:
    draining = asyncio.Event()

    assert await pause(draining, 0.001) is False
    draining.set()
    assert await pause(draining, 60) is True
