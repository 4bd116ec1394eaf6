"""SIGTERM drains: what was accepted is answered, streams end, pools close last, and it takes less than 10 s."""

import asyncio
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from servicekit.testing import eventually

PROCESS = Path(__file__).parent.parent / "support" / "drain_process.py"


@dataclass
class Running:
    process: Process
    url: str
    file: Path

    @property
    def told(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    async def ended(self, within: float) -> int:
        """The exit status; TimeoutError where it has not ended within so many seconds."""
        return await asyncio.wait_for(self.process.wait(), within)


Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    started: list[Running] = []

    async def start(mode: str, *arguments: str) -> Running:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        file = tmp_path / f"told-{port}"
        command = (sys.executable, str(PROCESS), mode, str(port), str(file), *arguments)
        process = await asyncio.create_subprocess_exec(*command)
        running = Running(process, f"http://127.0.0.1:{port}", file)
        started.append(running)
        await eventually(lambda: answers(running), within=20)
        return running

    yield start
    for running in started:
        if running.process.returncode is None:
            running.process.kill()
            await running.process.wait()


async def answers(running: Running) -> bool:
    assert running.process.returncode is None, "the process ended"
    try:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{running.url}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def begun(running: Running, count: int) -> bool:
    return len([line for line in running.told if line.startswith("began")]) == count


async def open_streams(stack: AsyncExitStack, running: Running, path: str, count: int) -> list[AsyncIterator[str]]:
    """So many streams, each with its first item read."""
    client = await stack.enter_async_context(httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None)))
    found = []
    for _ in range(count):
        response = await stack.enter_async_context(client.stream("GET", running.url + path))
        lines = response.aiter_lines()
        assert '"number":' in await anext(lines)
        found.append(lines)
    return found


async def rest_of(lines: AsyncIterator[str]) -> list[str]:
    return [line async for line in lines]


async def test_sigterm_with_streams_and_commands_in_flight_loses_nothing(start: Start) -> None:
    running = await start("ours")
    async with AsyncExitStack() as stack:
        streams = await open_streams(stack, running, "/stream", 50)
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=15))
        posts = [asyncio.create_task(client.post(f"{running.url}/slow?seconds=2&name=c{n}")) for n in range(20)]
        await eventually(lambda: begun(running, 20))

        at = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        statuses = [(await post).status_code for post in posts]
        ends = await asyncio.gather(*(rest_of(lines) for lines in streams))
        code = await running.ended(within=10)
        took = time.monotonic() - at

    assert statuses == [201] * 20
    assert len(ends) == 50
    assert code == 0
    assert took < 10
    assert running.told[-2:] == ["closed", "ended"]
    assert len([line for line in running.told if line.startswith("finished")]) == 20


async def test_an_idle_process_ends_at_once(start: Start) -> None:
    running = await start("ours")

    running.process.send_signal(signal.SIGTERM)

    assert await running.ended(within=2) == 0
    assert running.told == ["opened", "closed", "ended"]


async def test_before_it_closes_it_says_that_it_is_not_ready_and_answers_all_the_same(start: Start) -> None:
    running = await start("ours", "2")
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient())
        [stream] = await open_streams(stack, running, "/stream", 1)

        running.process.send_signal(signal.SIGTERM)
        await eventually(lambda: is_leaving(running))
        late = await client.post(f"{running.url}/slow?seconds=0&name=late")
        code = await running.ended(within=10)
        await rest_of(stream)

    assert late.status_code == 201
    assert code == 0
    assert running.told[-4:] == ["began late", "finished late", "closed", "ended"]


async def is_leaving(running: Running) -> bool:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{running.url}/readyz")).status_code == 503


async def test_a_stream_that_does_not_watch_is_cut_in_time(start: Start) -> None:
    running = await start("ours")
    async with AsyncExitStack() as stack:
        [stream] = await open_streams(stack, running, "/deaf", 1)

        running.process.send_signal(signal.SIGTERM)
        code = await running.ended(within=10)

        with pytest.raises(httpx.RemoteProtocolError):
            await rest_of(stream)

    assert code == 0
    assert running.told[-2:] == ["closed", "ended"]


async def test_without_our_drain_one_stream_keeps_the_process_alive(start: Start) -> None:
    """The negative control: uvicorn alone waits for the stream for ever."""
    running = await start("stock")
    async with AsyncExitStack() as stack:
        [stream] = await open_streams(stack, running, "/stream", 1)

        running.process.send_signal(signal.SIGTERM)

        with pytest.raises(TimeoutError):
            await running.ended(within=2)
        assert "closed" not in running.told
        del stream  # kept until here, since letting go of it would end it


async def test_a_command_finishes_although_its_client_leaves(start: Start) -> None:
    running = await start("ours")

    with pytest.raises(httpx.ReadTimeout):
        async with httpx.AsyncClient(timeout=0.3) as client:
            await client.post(f"{running.url}/slow?seconds=1&name=left")

    async def finished() -> bool:
        return "finished left" in running.told

    assert await eventually(finished)
