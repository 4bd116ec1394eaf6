"""A stream ends by itself when the process drains: nobody waits for a client that never leaves."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any, TypeVar

import anyio
from fastapi import Depends, Request

from servicekit.web.health import draining

Item = TypeVar("Item")

CLOSING_SECONDS = 5.0
"""How long a stream may take to close what it reads from."""


async def _draining(request: Request) -> asyncio.Event:
    return draining(request.app)


Draining = Annotated[asyncio.Event, Depends(_draining)]
"""What a streaming endpoint asks for: the event that says that the process is about to end."""


async def until(event: asyncio.Event, items: AsyncGenerator[Item, None]) -> AsyncIterator[Item]:
    """The items until there are no more, the event is set, or the reader leaves; then `items` is closed."""
    ended = asyncio.ensure_future(event.wait())
    upcoming: asyncio.Future[Item] | None = None
    try:
        while not event.is_set():
            upcoming = asyncio.ensure_future(_next(items))
            await asyncio.wait({upcoming, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not upcoming.done():
                return
            try:
                item = upcoming.result()
            except StopAsyncIteration:
                return
            yield item
    finally:
        # Where a client leaves, whoever serves it cancels every `await` anew, these too unless they are shielded.
        with anyio.move_on_after(CLOSING_SECONDS, shield=True):
            await _cancelled(ended)
            if upcoming is not None:
                await _cancelled(upcoming)
            await items.aclose()


async def _next(items: AsyncGenerator[Item, None]) -> Item:
    return await anext(items)


async def pause(event: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until the event is set; True where it is."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True


async def _cancelled(task: "asyncio.Future[Any]") -> None:
    """It has ended, whatever it was doing; one that is done already stays as it is."""
    task.cancel()
    await asyncio.wait({task})
