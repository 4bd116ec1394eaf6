"""A TCP proxy that misbehaves on demand: it delays, throttles, cuts, resets, or lets nothing through in one direction.

`python proxy.py CONTROL_PORT NAME=LISTEN:TARGET ...` runs it as a process of its own. A client of the control port says
one JSON object a line, `{"way": "kafka", "fault": {...}}`, and is answered with one.
"""

import asyncio
import json
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

HOST = "127.0.0.1"
CHUNK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a way, in both directions unless it says otherwise. Nothing is wrong with a plain one."""

    delay: float = 0.0
    """Seconds by which all that passes is late."""
    bytes_per_second: float = 0.0
    """0: as fast as can be."""
    cut_after: int | None = None
    """So many bytes of each connection come back from the target, then it is closed."""
    refuse: bool = False
    """New connections are reset at once."""
    hold_to_target: bool = False
    """What clients say does not arrive until this is over: as where packets are lost, and sent again for ever."""
    hold_to_client: bool = False
    """The same of what the target says."""

    def holds(self, *, to_target: bool) -> bool:
        return self.hold_to_target if to_target else self.hold_to_client


WELL = Fault()


@dataclass(slots=True, kw_only=True)
class Way:
    """From one port to one target. What is wrong with it may change at any time."""

    target: int
    fault: Fault = WELL
    accepted: int = 0
    passed: int = 0
    """Bytes that arrived, both directions together."""
    _open: set["_Pair"] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def become(self, fault: Fault) -> None:
        """Holds for what passes from now on, and for what is held."""
        self.fault = fault
        self._changed.set()
        self._changed = asyncio.Event()

    async def serve(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._accept, HOST, port, backlog=512)

    def reset(self) -> int:
        """Break every connection off, so that both ends are told; returns how many there were."""
        broken = list(self._open)
        for pair in broken:
            pair.abort()
        return len(broken)

    @property
    def is_idle(self) -> bool:
        return not self._open

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self.fault.refuse:
            _abort(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
        except OSError:
            _abort(writer)  # as if the target itself had refused
            return
        pair = _Pair(writer, far_writer)
        self._open.add(pair)
        try:
            await asyncio.gather(
                self._pass(reader, far_writer, pair, to_target=True),
                self._pass(far_reader, writer, pair, to_target=False),
            )
        except (OSError, ConnectionError):
            pair.abort()
        finally:
            self._open.discard(pair)
            pair.close()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: "_Pair", *, to_target: bool
    ) -> None:
        """One direction, until its sender has said all; then the other end is told so."""
        answered = 0
        while data := await reader.read(CHUNK):
            if self.fault.delay:
                await asyncio.sleep(self.fault.delay)
            await self._held(to_target=to_target)
            fault = self.fault
            if fault.cut_after is not None and not to_target:
                data = data[: max(fault.cut_after - answered, 0)]
                answered += len(data)
            await self._write(writer, data, fault)
            if fault.cut_after is not None and not to_target and answered >= fault.cut_after:
                pair.close()
                return
        await self._held(to_target=to_target)
        with suppress(OSError, RuntimeError):
            writer.write_eof()

    async def _held(self, *, to_target: bool) -> None:
        while self.fault.holds(to_target=to_target):
            await self._changed.wait()

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, fault: Fault) -> None:
        step = max(int(fault.bytes_per_second / 20), 1) if fault.bytes_per_second else len(data) or 1
        for start in range(0, len(data), step):
            part = data[start : start + step]
            if fault.bytes_per_second:
                await asyncio.sleep(len(part) / fault.bytes_per_second)
            writer.write(part)
            await writer.drain()
            self.passed += len(part)


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter

    def abort(self) -> None:
        _abort(self.near)
        _abort(self.far)

    def close(self) -> None:
        """Whatever was written still arrives."""
        self.near.close()
        self.far.close()


def _abort(writer: asyncio.StreamWriter) -> None:
    """A reset, and not a goodbye."""
    found: socket.socket | None = writer.get_extra_info("socket")
    if found is not None:
        with suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Proxy:
    """Several ways, and the port where they are told how to misbehave."""

    def __init__(self, ways: dict[str, Way]) -> None:
        self.ways = ways

    async def control(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._obey, HOST, port)

    async def _obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._carry_out(json.loads(line))).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    def _carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        way = self.ways[order["way"]]
        if "fault" in order:
            way.become(Fault(**order["fault"]))
        broken = way.reset() if order.get("reset") else 0
        return {"accepted": way.accepted, "passed": way.passed, "broken": broken, "fault": asdict(way.fault)}


async def _run(control: int, ways: Sequence[tuple[str, int, int]]) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    proxy = Proxy({name: Way(target=target) for name, _, target in ways})
    for name, port, _ in ways:
        await proxy.ways[name].serve(port)
    await proxy.control(control)
    await stopping.wait()


def _read(way: str) -> tuple[str, int, int]:
    name, _, ports = way.partition("=")
    port, _, target = ports.partition(":")
    return name, int(port), int(target)


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), [_read(way) for way in sys.argv[2:]]))
