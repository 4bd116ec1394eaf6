"""Waiting between two rounds of a loop, without keeping a process from ending."""

import asyncio


async def wait(stopping: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until told to stop; True where it is to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True
