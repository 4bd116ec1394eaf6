"""Tasks that live and die together."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

Named = tuple[str, Coroutine[Any, Any, None]]

CANCEL_AGAIN_AFTER = 5.0
"""Seconds in which a cancelled task may tidy up."""


async def together(tasks: Iterable[Named]) -> None:
    """Run these until all have ended; the first that fails ends the others, and its error is raised.

    A task is cancelled again and again until it has ended: `asyncio.wait_for` before Python 3.12 loses a cancellation
    that comes just when what it waits for is there, and a process would live on with half of its tasks.
    """
    running = [asyncio.create_task(task, name=name) for name, task in tasks]
    try:
        await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
        failures = [error for task in running if task.done() and not task.cancelled() and (error := task.exception())]
    finally:
        while rest := [task for task in running if not task.done()]:
            for task in rest:
                task.cancel()
            await asyncio.wait(rest, timeout=CANCEL_AGAIN_AFTER)
    if failures:
        raise failures[0]
