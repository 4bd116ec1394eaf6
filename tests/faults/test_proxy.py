"""The proxy itself: each of its faults is seen by both ends, and leaves nothing behind."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from rig.proxy import HOST, WELL, Fault, Way

from servicekit.testing import eventually

SOON = 0.3
"""Seconds within which whatever is not held back arrives."""


@dataclass(slots=True)
class Line:
    """A target that says everything twice, and a way to it."""

    way: Way
    port: int
    heard: bytearray

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HOST, self.port)


@asynccontextmanager
async def a_line(fault: Fault = WELL) -> AsyncIterator[Line]:
    heard, busy = bytearray(), set[asyncio.StreamWriter]()

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        busy.add(writer)
        try:
            while data := await reader.read(65_536):
                heard.extend(data)
                writer.write(data * 2)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            busy.discard(writer)
            writer.close()

    target = await asyncio.start_server(twice, HOST, 0)
    way = Way(target=target.sockets[0].getsockname()[1], fault=fault)
    front = await way.serve(0)
    try:
        yield Line(way, front.sockets[0].getsockname()[1], heard)
    finally:
        front.close()
        target.close()
        await eventually(lambda: _is_over(way, busy))


async def _is_over(way: Way, busy: set[asyncio.StreamWriter]) -> bool:
    way.reset()
    return way.is_idle and not busy


async def asked(line: Line, words: bytes) -> bytes:
    reader, writer = await line.connect()
    try:
        writer.write(words)
        return await reader.readexactly(2 * len(words))
    finally:
        writer.close()


async def test_a_way_that_is_well_passes_everything_on() -> None:
    async with a_line() as line:
        words = b"a" * 300_000

        assert await asked(line, words) == words * 2
        assert line.way.passed == 3 * len(words)


async def test_the_end_of_what_a_client_says_arrives_and_the_answer_still_comes() -> None:
    async with a_line() as line:
        reader, writer = await line.connect()
        writer.write(b"last words")
        writer.write_eof()

        assert await reader.read() == b"last words" * 2


async def test_a_delay_makes_both_directions_late() -> None:
    async with a_line(Fault(delay=0.1)) as line:
        began = time.monotonic()
        await asked(line, b"hello")

        assert time.monotonic() - began >= 0.2


async def test_a_throttle_lets_so_many_bytes_through_in_a_second() -> None:
    async with a_line(Fault(bytes_per_second=20_000)) as line:
        began = time.monotonic()
        await asked(line, b"a" * 2_000)

        assert time.monotonic() - began >= 0.2  # the answer alone is 4,000 bytes


@pytest.mark.parametrize("upto", [0, 7, 1_000])
async def test_a_cut_comes_after_exactly_so_many_bytes(upto: int) -> None:
    async with a_line(Fault(cut_after=upto)) as line:
        reader, writer = await line.connect()
        writer.write(b"b" * 5_000)

        assert await reader.read() == b"b" * upto


async def test_a_reset_is_no_goodbye() -> None:
    async with a_line() as line:
        reader, writer = await line.connect()
        writer.write(b"hello")
        await reader.readexactly(10)

        assert line.way.reset() == 1
        with pytest.raises(ConnectionResetError):
            await reader.read()


async def test_a_way_that_refuses_resets_whoever_comes_and_keeps_who_is_there() -> None:
    async with a_line() as line:
        there, said = await line.connect()
        said.write(b"before")
        await there.readexactly(12)

        line.way.become(Fault(refuse=True))

        with pytest.raises(ConnectionError):
            await asked(line, b"hello")
        said.write(b"again")
        assert await there.readexactly(10) == b"againagain"


async def test_what_is_held_on_the_way_there_arrives_once_the_way_is_well() -> None:
    async with a_line(Fault(hold_to_target=True)) as line:
        reader, writer = await line.connect()
        writer.write(b"hello")

        await silence(reader)
        assert line.heard == b""

        line.way.become(WELL)
        assert await reader.readexactly(10) == b"hellohello"


async def test_what_is_held_on_the_way_back_has_been_heard() -> None:
    async with a_line(Fault(hold_to_client=True)) as line:
        reader, writer = await line.connect()
        writer.write(b"hello")

        await silence(reader)
        assert line.heard == b"hello"

        line.way.become(WELL)
        assert await reader.readexactly(10) == b"hellohello"


async def test_a_target_that_is_away_is_away_through_the_proxy_too() -> None:
    async with a_line() as line:
        line.way.target = 9  # nobody listens there
        with pytest.raises(ConnectionError):
            await asked(line, b"hello")


async def silence(reader: asyncio.StreamReader) -> None:
    """That nothing comes can only be seen by waiting for it."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(SOON):
            await reader.read(1)
