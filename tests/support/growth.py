"""Whether a process goes on growing: its resident memory, looked at again and again."""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence

import psutil

Sample = tuple[float, Mapping[str, float]]
"""When, in seconds from the beginning, and the resident MiB of each process."""


async def sampled(pids: Mapping[str, int], ended: asyncio.Event, *, every: float = 2.0) -> Sequence[Sample]:
    """The resident memory of each, every so many seconds until `ended`."""
    began, found = time.monotonic(), list[Sample]()
    processes = {name: psutil.Process(pid) for name, pid in pids.items()}
    while not ended.is_set():
        resident = {name: process.memory_info().rss / 2**20 for name, process in processes.items()}
        found.append((time.monotonic() - began, resident))
        try:
            async with asyncio.timeout(every):
                await ended.wait()
        except TimeoutError:
            continue
    return found


def grown(samples: Sequence[Sample], name: str) -> float:
    """The last quarter's median less that of the second; the first is for warming up."""
    whole = samples[-1][0]
    second, last = (
        [resident[name] for at, resident in samples if whole * part <= at < whole * (part + 0.25)]
        for part in (0.25, 0.75)
    )
    return statistics.median(last) - statistics.median(second)
