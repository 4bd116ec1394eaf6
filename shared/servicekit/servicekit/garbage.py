"""What stands when a process begins its work stands as long as the process: looking it through again is no use."""

import asyncio
import gc

from servicekit.rounds import wait

THRESHOLDS = (200_000, 20, 50)
"""Ten partitions' signals, fetched and in hand, are some hundred thousand objects, which are gone without its help."""
EVERY_SECONDS = 30.0
FEW = 50_000
"""New objects. Where there are more, much is in hand: it would be looked through for nothing."""


def settle() -> None:
    """Set apart what is there now, and look for cycles seldom: it took half of the time that a signal takes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


async def clear_away(stopping: asyncio.Event, *, every: float = EVERY_SECONDS) -> None:
    """Look for cycles by the clock as well, until told to stop; every: seconds.

    A process with little to do leaves some thousands a minute: it grew by a MiB in each, for half an hour, before
    there were enough of them.
    """
    while not await wait(stopping, every):
        if gc.get_count()[0] < FEW:
            gc.collect()
