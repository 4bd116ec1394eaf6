"""python -m benchmarks.load JOB: closed-loop connections that send prepared requests, and say what came back."""

import asyncio
import json
import resource
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import uvloop


class Connection(asyncio.Protocol):
    """One request at a time, the next as soon as the answer is whole."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.received = b""
        self.sent_at = 0.0
        self.is_busy = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self.received = self.received + data if self.received else data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        at = self.received.find(b"content-length: ", 0, end)
        length = int(self.received[at + 16 : self.received.find(b"\r\n", at)]) if at >= 0 else 0
        if len(self.received) < end + 4 + length:
            return
        self.load.answered(int(self.received[9:12]), time.perf_counter() - self.sent_at, self.received)
        self.received = b""
        self.is_busy = False
        self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        if self.is_busy:
            self.load.answered(0, 0.0, b"connection lost")
        self.load.ended()

    def _next(self) -> None:
        assert self.transport is not None
        request = self.load.next()
        if request is None:
            self.transport.close()
            return
        self.is_busy = True
        self.sent_at = time.perf_counter()
        self.transport.write(request)


class Load:
    def __init__(self, requests: Iterator[bytes], *, seconds: float, connections: int) -> None:
        self.requests = requests
        self.connections = connections
        self.began = time.perf_counter()
        self.until = self.began + seconds
        self.last = self.began
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.first_error = b""
        self.open = connections
        self.all_ended = asyncio.get_running_loop().create_future()

    def next(self) -> bytes | None:
        return next(self.requests, None) if time.perf_counter() < self.until else None

    def answered(self, status: int, seconds: float, received: bytes) -> None:
        self.statuses[status] += 1
        self.latencies.append(seconds)
        self.last = time.perf_counter()
        if not 200 <= status < 300 and not self.first_error:
            self.first_error = received

    def ended(self) -> None:
        self.open -= 1
        if self.open == 0:
            self.all_ended.set_result(None)

    def told(self) -> dict[str, Any]:
        good = sum(count for status, count in self.statuses.items() if 200 <= status < 300)
        ordered = sorted(self.latencies)
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "done": good,
            "errors": sum(self.statuses.values()) - good,
            "seconds": self.last - self.began,
            "p50_ms": 1000 * ordered[len(ordered) // 2] if ordered else 0,
            "p99_ms": 1000 * ordered[len(ordered) * 99 // 100] if ordered else 0,
            "cpu_seconds": used.ru_utime + used.ru_stime,
            "ran_out": next(self.requests, None) is None,
            "first_error": self.first_error.decode(errors="replace")[:600],
        }


def read(path: Path) -> Iterator[bytes]:
    """The requests of a file: each after its length."""
    content = path.read_bytes()
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<I", content, at)
        yield content[at + 4 : at + 4 + length]
        at += 4 + length


def write(path: Path, requests: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        for request in requests:
            file.write(struct.pack("<I", len(request)) + request)


async def run(job: dict[str, Any]) -> dict[str, Any]:
    requests = iter(list(read(Path(job["requests"]))))
    load = Load(requests, seconds=job["seconds"], connections=job["connections"])
    loop = asyncio.get_running_loop()
    for _ in range(job["connections"]):
        await loop.create_connection(lambda: Connection(load), job["host"], job["port"])
    await load.all_ended
    return load.told()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(json.loads(sys.argv[1])))))
