"""Requests on a schedule, whatever the answers take: connections that are kept, one request at a time on each."""

import asyncio
import time
from collections.abc import Sequence

from guildhall_local.instance import HOST

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Requests:
    """Prepared bytes to one port; counts what is answered, by status."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Streams] = []
        self.statuses: dict[int, int] = {}
        self.first_error = b""

    async def on_schedule(self, requests: Sequence[bytes], *, each_second: float) -> None:
        """Send so many a second; returns once all are answered."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number, request in enumerate(requests):
                await asyncio.sleep(began + number / each_second - time.perf_counter())
                tasks.create_task(self._ask(request))

    async def all_at_once(self, requests: Sequence[bytes]) -> float:
        """Each on a connection of its own, all open beforehand; seconds from the first request to the last answer."""
        self._free.extend(await asyncio.gather(*(self._opened() for _ in requests)))
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for request in requests:
                tasks.create_task(self._ask(request))
        return time.perf_counter() - began

    async def _ask(self, request: bytes) -> None:
        reader, writer = await self._connection()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        at = head.lower().find(b"content-length: ")
        body = await reader.readexactly(int(head[at + 16 : head.index(b"\r\n", at)])) if at >= 0 else b""
        status = int(head[9:12])
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if not 200 <= status < 300 and not self.first_error:
            self.first_error = head + body
        self._free.append((reader, writer))

    async def _connection(self) -> Streams:
        """One that is free and that the server has not closed for being idle, or a new one."""
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await self._opened()

    async def _opened(self) -> Streams:
        return await asyncio.open_connection(HOST, self._port)

    async def close(self) -> None:
        for _, writer in self._free:
            writer.close()
