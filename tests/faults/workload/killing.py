"""Processes that are killed at once while the workload goes on, as the kernel does when memory runs out."""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from workload import history

from guildhall_local import status
from guildhall_local.instance import Instance
from servicekit.testing import eventually

ANOTHER_WITHIN = 30.0


async def kill_each(
    instance: Instance, processes: Sequence[str], written: Path, *, between: int, playing: "asyncio.Task[None]"
) -> int:
    """One after the other, each once so many more commands have been granted; ends when that is so again.

    Returns how many died. playing: what must go on meanwhile.
    """
    before = history.read(written).acknowledged
    for died, process in enumerate(processes, start=1):
        await granted(written, before + between * died, playing)
        await kill(instance, process)
    await granted(written, before + between * (len(processes) + 1), playing)
    return len(processes)


async def kill(instance: Instance, process: str) -> None:
    """Its supervisor starts another; returns when it has."""
    before = _pid(instance, process)
    assert before is not None, f"{process} does not run"
    os.kill(before, signal.SIGKILL)

    async def another() -> bool:
        return _pid(instance, process) not in {before, None}

    await eventually(another, within=ANOTHER_WITHIN)


async def granted(written: Path, commands: int, playing: "asyncio.Task[None]") -> None:
    """Once so many commands were granted in all. playing: what must go on meanwhile."""

    async def so_many() -> bool:
        if playing.done():
            playing.result()
            raise RuntimeError(f"the workload was over before {commands} commands had been granted")
        return history.read(written).acknowledged >= commands

    await eventually(so_many, within=120, every=1.0)


def _pid(instance: Instance, process: str) -> int | None:
    seen = status.read(instance)
    assert seen is not None
    [mark] = [one.mark for one in seen.processes if one.name == process]
    return mark.pid if mark else None
