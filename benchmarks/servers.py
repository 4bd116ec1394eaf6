"""A side's server: a process of its own, ready before it is measured, and asked what it cost."""

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from guildhall_local import children, waiting
from guildhall_local.instance import HOST


@dataclass(frozen=True, slots=True)
class Running:
    port: int
    child: "subprocess.Popen[bytes]"
    log: Path

    def cpu_seconds(self) -> float:
        """Used so far by this process and its threads."""
        used = psutil.Process(self.child.pid).cpu_times()
        return float(used.user + used.system)

    def resident_mib(self) -> float:
        return float(psutil.Process(self.child.pid).memory_info().rss) / 2**20


@contextmanager
def running(
    command: Sequence[str | Path], *, port: int, environment: Mapping[str, str], folder: Path
) -> Iterator[Running]:
    """A server for as long as the block; ready when it takes connections."""
    log = folder / "server.log"
    child = children.start(command, environment=environment, folder=folder, log=log)
    try:
        waiting.until(
            lambda: _listens(port), within=60, what=str(command[-1]), gone=lambda: child.poll() is not None, log=log
        )
        yield Running(port, child, log)
    finally:
        children.stop(child)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def seconds_to_ready(began: float) -> float:
    return time.monotonic() - began
