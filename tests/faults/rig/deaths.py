"""How the children of a stack's supervisor ended, as the operating system told it, who is their parent."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

from guildhall_local import children
from guildhall_local.status import Status

_start = children.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """A child that ended. code: negative where a signal ended it."""

    process: str
    pid: int
    code: int
    at: float


class Deaths:
    """What the operating system told the parent, child by child."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._alive: list[tuple[str, Popen[bytes]]] = []

    def start(self, command: Any, *, log: Path, **rest: Any) -> "Popen[bytes]":
        """As `children.start`, and remembered by the name of its log."""
        child = _start(command, log=log, **rest)
        self._alive.append((log.stem, child))
        return child

    def look(self, _status: Status | None = None) -> None:
        for name, child in list(self._alive):
            if child.returncode is not None:  # set where its parent waited for it
                self._alive.remove((name, child))
                death = Death(process=name, pid=child.pid, code=child.returncode, at=time.monotonic())
                with self._file.open("a") as file:
                    file.write(json.dumps(asdict(death)) + "\n")


def read(file: Path) -> list[Death]:
    return [Death(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []
