"""Whoever tells the proxy of a stack how to misbehave, from outside."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from rig.places import CONTROL, WAYS
from rig.proxy import HOST, WELL, Fault

from guildhall_local.instance import Instance

WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Ways:
    """Each call has taken effect when it returns."""

    port: int

    @classmethod
    def of(cls, instance: Instance) -> "Ways":
        return cls(instance.port_base + CONTROL)

    def set(self, way: str, fault: Fault, *, reset: bool = False) -> None:
        """Holds from now on. reset: and what is connected is broken off."""
        self._say({"way": way, "fault": asdict(fault), "reset": reset})

    def reset(self, way: str) -> int:
        """Break off what is connected; how many connections that were."""
        return int(self._say({"way": way, "reset": True})["broken"])

    def heal(self) -> None:
        for way in WAYS:
            self.set(way, WELL)

    def passed(self, way: str) -> int:
        """Bytes that have come through so far."""
        return int(self._say({"way": way})["passed"])

    @contextmanager
    def broken(self, way: str, fault: Fault, *, reset: bool = False) -> Iterator[None]:
        """For as long as the block."""
        self.set(way, fault, reset=reset)
        try:
            yield
        finally:
            self.set(way, WELL)

    def _say(self, order: dict[str, Any]) -> dict[str, Any]:
        with socket.create_connection((HOST, self.port), WITHIN) as connection, connection.makefile("rwb") as line:
            line.write(json.dumps(order).encode() + b"\n")
            line.flush()
            answer: dict[str, Any] = json.loads(line.readline())
            return answer
