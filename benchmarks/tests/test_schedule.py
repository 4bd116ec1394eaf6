"""The generator that keeps a schedule goes on where a server has closed what was idle."""

import asyncio

from benchmarks.load.schedule import Requests

from servicekit.testing import eventually

REQUEST = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


async def test_a_connection_that_was_closed_while_idle_is_not_asked_again() -> None:
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer_once, "127.0.0.1", 0)
    async with server:
        requests = Requests(server.sockets[0].getsockname()[1])
        await requests.on_schedule([REQUEST], each_second=100)
        [(reader, _)] = requests._free

        async def closed() -> bool:
            return reader.at_eof()

        await eventually(closed)
        await requests.on_schedule([REQUEST], each_second=100)
        await requests.close()

    assert requests.statuses == {200: 2}
