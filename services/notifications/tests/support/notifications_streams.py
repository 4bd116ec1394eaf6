"""A notifications service on a port of its own, and clients that read its live streams."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import orjson
from fastapi import FastAPI
from notifications_house import House, a_registration

from events_contracts import EventPublished, RegistrationConfirmed
from notifications_service.app import create_app
from servicekit.testing import end, eventually
from servicekit.web.serve import serve


@dataclass
class Served:
    """The service over HTTP."""

    app: FastAPI
    base: str
    stopping: asyncio.Event
    task: "asyncio.Task[None]"

    @asynccontextmanager
    async def stream(self, headers: dict[str, str], *, cell: str = "national", **more: str) -> AsyncIterator["Reader"]:
        """Open a stream and read it in the background. Its answer's status is `reader.status`."""
        reader = Reader()
        task = asyncio.create_task(reader.read(f"{self.base}/api/v1/cells/{cell}/notifications/stream", headers | more))
        try:
            await eventually(reader.is_begun)
            yield reader
        finally:
            await end(task)


@dataclass
class Reader:
    status: int = 0
    problem: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    comments: int = 0
    ended: bool = False
    """Whether the other side ended it, in good order."""

    async def read(self, url: str, headers: dict[str, str]) -> None:
        async with httpx.AsyncClient(timeout=30) as http, http.stream("GET", url, headers=headers) as answer:
            self.status = answer.status_code
            if answer.status_code != 200:
                self.problem = orjson.loads(await answer.aread())
                self.ended = True
                return
            number = 0
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    number = int(value)
                elif name == "data":
                    self.events.append((number, orjson.loads(value)))
                elif line.startswith(":"):
                    self.comments += 1
        self.ended = True

    async def is_begun(self) -> bool:
        return self.status != 0

    async def has(self, count: int) -> bool:
        return len(self.events) >= count

    async def is_over(self) -> bool:
        return self.ended

    @property
    def numbers(self) -> list[int]:
        return [number for number, _ in self.events]


@asynccontextmanager
async def served(house: House, port: int) -> AsyncIterator[Served]:
    app, stopping = create_app(house.settings), asyncio.Event()
    app.state.live.poll_seconds = 0.02
    task = asyncio.create_task(serve(app, host="127.0.0.1", port=port, stopping=stopping))
    running = Served(app, f"http://127.0.0.1:{port}", stopping, task)
    await eventually(lambda: ready(running))
    try:
        yield running
    finally:
        stopping.set()
        await task


async def ready(running: Served) -> bool:
    try:
        async with httpx.AsyncClient() as http:
            return (await http.get(f"{running.base}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def tell(house: House, event: EventPublished, person_id: UUID, times: int = 1) -> None:
    for _ in range(times):
        await house.hear(a_registration(RegistrationConfirmed, event, person_id))
