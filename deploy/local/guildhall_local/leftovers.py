"""Processes whose supervisor is gone: found by what it wrote down, and ended before the next start."""

import os

import psutil

from guildhall_local import status
from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle
from guildhall_local.status import Mark

GONE_WITHIN = 10.0


def stop(instance: Instance) -> int:
    """Kill what a killed supervisor left running, and wait until it is gone; says how many there were.

    On Linux the kernel has done it already; this is for the moment in which it still does, and for others.
    """
    last = status.read(instance)
    if last is None or last.alive:
        return 0
    marks = [process.mark for process in last.processes if process.mark is not None]
    found = [process for mark in marks for process in _family(mark)]
    for process in found:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied as denied:
            raise Obstacle(f"Process {process.pid} of an earlier run cannot be stopped.") from denied
    _, alive = psutil.wait_procs(found, timeout=GONE_WITHIN)
    if alive:
        numbers = ", ".join(str(process.pid) for process in alive)
        raise Obstacle(f"Processes of an earlier run do not end: {numbers}.")
    return len(found)


def _family(mark: Mark) -> list[psutil.Process]:
    """The process, if it is still the one that was started, and all of its session."""
    leader = Mark.of(mark.pid)
    if leader is not None and not leader.same_as(mark):
        return []  # the number belongs to somebody else by now
    return [process for process in psutil.process_iter() if _session(process.pid) == mark.pid]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None
