"""The measure of growth: it sees a process that leaks, and not one that only took much at first."""

import asyncio
import sys

import pytest
from growth import grown, sampled

from servicekit.testing import eventually

LEAKS = "import time; kept = []\nwhile True: kept.append(bytearray(1 << 20)); time.sleep(0.05)"
WARMS_UP = "import time; kept = [bytearray(8 << 20)]\nwhile True: bytearray(1 << 16); time.sleep(0.05)"


@pytest.mark.parametrize(("program", "leaks"), [(LEAKS, True), (WARMS_UP, False)])
async def test_only_a_process_that_goes_on_growing_is_found(program: str, leaks: bool) -> None:
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    ended, looked = asyncio.Event(), list[int]()
    try:
        sampling = asyncio.create_task(sampled({"one": child.pid}, ended, every=0.05))
        await eventually(lambda: enough(looked), every=0.05)
        ended.set()
        samples = await sampling
    finally:
        child.kill()
        await child.wait()

    assert (grown(samples, "one") > 2) is leaks


async def enough(looked: list[int]) -> bool:
    looked.append(1)
    return len(looked) > 60
