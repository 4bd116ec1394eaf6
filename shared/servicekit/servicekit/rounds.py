"""Background loops: the same thing again and again, until the process is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from servicekit.faults import is_away, is_contention

log = structlog.get_logger(__name__)


async def repeat(
    once: Callable[[], Awaitable[bool | None]],
    stopping: asyncio.Event,
    *,
    every: float,
    waiting: str,
    waits_for: tuple[type[Exception], ...] = (),
) -> None:
    """Do it every so many seconds until told to stop; at once where it answers that there is more.

    What is away or held by others is waited for, and so are `waits_for`: each time is logged as the event `waiting`.
    Any other error is raised.
    """
    while not stopping.is_set():
        try:
            more = await once()
        except Exception as error:
            if not (is_away(error) or is_contention(error) or isinstance(error, waits_for)):
                raise
            log.warning(waiting, error=type(error).__name__)
            more = False
        if not more:
            await wait(stopping, every)


async def wait(stopping: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until told to stop; True where it is to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True
