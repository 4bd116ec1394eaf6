"""What a stack is doing, as its supervisor writes it down and anybody may read it."""

import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import psutil
from pydantic import BaseModel, ValidationError

from guildhall_local.instance import Instance

SAME_START = 0.05
"""Seconds by which two readings of one process's start may differ."""


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    DONE = "done"
    RESTARTING = "restarting"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Phase(StrEnum):
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class Mark(BaseModel, frozen=True):
    """A process for sure: numbers are used again, a number with its start is not."""

    pid: int
    started: float
    """Seconds since the epoch, as the kernel says."""

    @classmethod
    def of(cls, pid: int) -> "Mark | None":
        """None when it is gone already."""
        try:
            return cls(pid=pid, started=psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def same_as(self, other: "Mark") -> bool:
        return self.pid == other.pid and abs(self.started - other.started) < SAME_START

    def lives(self) -> bool:
        now = Mark.of(self.pid)
        return now is not None and now.same_as(self) and not _is_zombie(self.pid)


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


class ProcessStatus(BaseModel):
    name: str
    state: State
    mark: Mark | None = None
    restarts: int = 0
    since: datetime
    took: float | None = None
    """Seconds from its start until it was ready."""
    trouble: str = ""
    """Why it last died, in one line."""


class Status(BaseModel):
    supervisor: Mark
    phase: Phase
    since: datetime
    port_base: int
    trouble: str = ""
    """Why the stack is not up, as the user is told."""
    processes: list[ProcessStatus]

    @property
    def alive(self) -> bool:
        return self.supervisor.lives()


def file_of(instance: Instance) -> Path:
    return instance.run / "status.json"


def write(instance: Instance, status: Status) -> None:
    """Appears whole: a reader sees the old one or the new one."""
    file = file_of(instance)
    draft = file.with_name(f".status-{os.getpid()}")
    draft.write_text(status.model_dump_json(indent=1))
    draft.replace(file)


def read(instance: Instance) -> Status | None:
    """The last that was written, by a supervisor that may be gone; None where none ever was."""
    try:
        return Status.model_validate_json(file_of(instance).read_text())
    except (FileNotFoundError, ValidationError):
        return None


def read_alive(instance: Instance) -> Status | None:
    """The status of a supervisor that runs now, else None."""
    status = read(instance)
    return status if status is not None and status.alive else None
