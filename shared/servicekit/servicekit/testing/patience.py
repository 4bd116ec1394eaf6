"""Waiting for a condition, with a deadline; never for a time. And for the end of what was begun."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def eventually(probe: Callable[[], Awaitable[Result]], *, within: float = 10.0, every: float = 0.02) -> Result:
    """Ask again until the answer is true, and return it; AssertionError past the deadline (seconds).

    A probe that raises AssertionError has answered "not yet".
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        try:
            answer = await probe()
            if answer:
                return answer
            last: Result | AssertionError = answer
        except AssertionError as error:
            last = error
        if loop.time() > deadline:
            raise AssertionError(f"not within {within} s; last answer: {last!r}")
        await asyncio.sleep(every)


async def end(task: "asyncio.Task[Any]") -> None:
    """Cancel it until it has ended: a library may lose a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.1)
