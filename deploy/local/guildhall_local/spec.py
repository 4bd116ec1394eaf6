"""What is known of a process before it runs, and the order that follows from what each one needs."""

import http.client
import signal
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from guildhall_local.account import Account
from guildhall_local.instance import HOST

Probe = Callable[[], bool]
"""Whether a process does its work now. Called in a thread, again and again; it may block for two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One process of the stack, as data."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    ready: Probe | None = None
    """None for a task: it has done its work when it ends with status 0."""
    needs: tuple[str, ...] = ()
    """Names of those that must be ready before it starts, and that stop after it."""
    prepare: Callable[[], None] | None = None
    """Done in a thread before its first start, such as formatting a disk."""
    ready_within: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: float = 15.0
    account: Account | None = None


def ordered(specs: Iterable[ProcessSpec]) -> list[ProcessSpec]:
    """So that each comes after all that it needs; ValueError for a circle, a twin or an unknown need."""
    by_name: dict[str, ProcessSpec] = {}
    for spec in specs:
        if spec.name in by_name:
            raise ValueError(f"two processes are named {spec.name}")
        by_name[spec.name] = spec
    for spec in by_name.values():
        unknown = [need for need in spec.needs if need not in by_name]
        if unknown:
            raise ValueError(f"{spec.name} needs {', '.join(unknown)}, which is no process")
    try:
        names = TopologicalSorter({spec.name: spec.needs for spec in by_name.values()}).static_order()
        return [by_name[name] for name in names]
    except CycleError as circle:
        raise ValueError(f"these need each other: {', '.join(circle.args[1])}") from circle


def answers_http(port: int, path: str = "/readyz", *, host: str = HOST) -> Probe:
    """A probe: GET answers 200."""

    def probe() -> bool:
        connection = http.client.HTTPConnection(host, port, timeout=2)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def listens(port: int, *, host: str = HOST) -> Probe:
    """A probe: something takes connections."""

    def probe() -> bool:
        try:
            with socket.create_connection((host, port), timeout=2):
                return True
        except OSError:
            return False

    return probe


def both(first: Probe, second: Probe) -> Probe:
    return lambda: first() and second()
