"""Stacks of fake processes, each beside the others: own folder, own ports, own supervisor."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from guildhall_local import environment, status
from guildhall_local.instance import Instance, default_cache
from guildhall_local.ports import is_free
from guildhall_local.status import Phase, ProcessStatus, Status

HERE = Path(__file__).parent


class FakeStack:
    """A supervisor of fake processes; `port(n)` is for the n-th of them."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.supervisors: list[subprocess.Popen[str]] = []

    @property
    def program(self) -> tuple[str]:
        return (str(HERE / "fake_stack.py"),)

    def port(self, number: int) -> int:
        return self.instance.port_base + 30 + number

    def describe(self, *fakes: dict[str, Any]) -> None:
        numbered = [{"port": self.port(number), **fake} for number, fake in enumerate(fakes)]
        (self.instance.state.parent / "fakes.json").write_text(json.dumps(numbered))

    def start(self) -> "subprocess.Popen[str]":
        self.supervisors.append(
            subprocess.Popen(
                [sys.executable, *self.program],
                env=environment.of_stack(self.instance),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return self.supervisors[-1]

    async def status(self) -> Status | None:
        return status.read_alive(self.instance)

    async def is_up(self) -> bool:
        now = await self.status()
        return now is not None and now.phase is Phase.READY

    def process(self, name: str) -> ProcessStatus:
        now = status.read(self.instance)
        assert now is not None
        return next(process for process in now.processes if process.name == name)

    def pid(self, name: str) -> int:
        mark = self.process(name).mark
        assert mark is not None
        return mark.pid

    def journal(self) -> list[str]:
        return (self.instance.state.parent / "journal").read_text().splitlines()

    def left_running(self) -> list[int]:
        """The fakes that live, whoever their parent is."""
        script = str(HERE / "fake_server.py")
        mine = str(self.instance.state.parent)
        return [
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if script in (said := process.info["cmdline"] or []) and any(mine in part for part in said)
        ]

    def end(self) -> None:
        for supervisor in self.supervisors:
            if supervisor.poll() is None:
                supervisor.send_signal(signal.SIGTERM)
            supervisor.communicate(timeout=30)
        for pid in self.left_running():
            os.kill(pid, signal.SIGKILL)


def free_block() -> int:
    """The base of fifty free ports, low enough that no client's own port falls among them."""
    while True:
        base = random.randrange(10_000, 30_000, 50)
        if all(is_free(base + offset) for offset in range(50)):
            return base


@pytest.fixture
def fake_stack(tmp_path: Path) -> Iterator[FakeStack]:
    stack = FakeStack(Instance(state=tmp_path / "state", cache=default_cache(), port_base=free_block()))
    yield stack
    stack.end()
