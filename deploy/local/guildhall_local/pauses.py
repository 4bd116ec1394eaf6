"""Single processes told to rest while the others run, to see what is missed."""

import shutil
import time
from pathlib import Path

from guildhall_local import status
from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle
from guildhall_local.status import State

WITHIN = 60.0
POLL = 0.05


def is_asked_for(instance: Instance, process: str) -> bool:
    return _mark(instance, process).exists()


def pause(instance: Instance, process: str) -> None:
    """End it, and let it rest; returns when it has ended."""
    _known(instance, process)
    mark = _mark(instance, process)
    mark.parent.mkdir(exist_ok=True)
    mark.touch()
    _await(instance, process, State.PAUSED)


def resume(instance: Instance, process: str) -> None:
    """Start it again; returns when it is ready."""
    _known(instance, process)
    _mark(instance, process).unlink(missing_ok=True)
    _await(instance, process, State.READY)


def forget(instance: Instance) -> None:
    """A new start starts everything."""
    shutil.rmtree(instance.run / "paused", ignore_errors=True)


def _mark(instance: Instance, process: str) -> Path:
    return instance.run / "paused" / process


def _known(instance: Instance, process: str) -> None:
    states = _states(instance)
    if states.get(process, State.DONE) is State.DONE:
        names = ", ".join(name for name, state in states.items() if state is not State.DONE)
        raise Obstacle(f"{process} is no process that could rest; there are: {names}.")


def _states(instance: Instance) -> dict[str, State]:
    now = status.read_alive(instance)
    if now is None:
        raise Obstacle("Guildhall is not up.")
    return {process.name: process.state for process in now.processes}


def _await(instance: Instance, process: str, wanted: State) -> None:
    deadline = time.monotonic() + WITHIN
    while (state := _states(instance)[process]) is not wanted:
        if time.monotonic() > deadline:
            raise Obstacle(f"{process} is {state.value}, not {wanted.value}, after {WITHIN:.0f} s.")
        time.sleep(POLL)
