"""Waiting for a process to become ready, or to say why it will not."""

import time
from collections.abc import Callable
from pathlib import Path

from guildhall_local import logs
from guildhall_local.obstacle import Obstacle

PAUSE = 0.05


def until(ready: Callable[[], bool], *, within: float, what: str, gone: Callable[[], bool], log: Path) -> None:
    """Poll until ready; an Obstacle with the log's end when the process is gone or the time is up."""
    deadline = time.monotonic() + within
    while not ready():
        if gone():
            raise Obstacle(f"{what} died while starting{logs.shown(log)}")
        if time.monotonic() > deadline:
            raise Obstacle(f"{what} was not ready within {within:.0f} s{logs.shown(log)}")
        time.sleep(PAUSE)
