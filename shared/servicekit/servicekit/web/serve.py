"""Serving, and ending well: readiness off, streams end, what is in flight completes, then pools close.

Whoever shares requests out among several instances asks each now and then whether it is ready. Until it has asked, it
goes on sending: so an instance says for a while that it is not ready, and answers all the same.
"""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn
from fastapi import FastAPI

from servicekit.crash_points import Point, reached
from servicekit.web.health import draining, leaving

IN_FLIGHT_SECONDS = 7.0
"""From the order to end; the drain's seconds are among them."""
CANCELLED_SECONDS = 0.5
LIFESPAN_SECONDS = 2.0
KEEP_ALIVE_SECONDS = 5
"""Longer than the gateway's idle timeout (4 s), so that it is never our side that closes first."""

log = structlog.get_logger(__name__)


async def serve(
    app: FastAPI, *, host: str, port: int, stopping: asyncio.Event | None = None, drain_seconds: float = 0.0
) -> None:
    """Answer HTTP until `stopping` is set (without one: until SIGTERM or SIGINT), then drain and return.

    drain_seconds: for how long it still takes requests while it says that it is not ready.
    """
    if stopping is None:
        stopping = asyncio.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    server = DrainingServer(app, host=host, port=port, in_flight_seconds=IN_FLIGHT_SECONDS - drain_seconds)
    stopper = asyncio.create_task(_stop(server, stopping, drain_seconds))
    try:
        await server.serve()
    finally:
        stopper.cancel()
        await asyncio.wait({stopper})


async def _stop(server: "DrainingServer", stopping: asyncio.Event, drain_seconds: float) -> None:
    await stopping.wait()
    leaving(server.app).set()
    reached(Point.SERVE_LEAVING)
    await asyncio.sleep(drain_seconds)
    server.should_exit = True


class DrainingServer(uvicorn.Server):
    """uvicorn with an ending of our own: its own waits for streams for ever, or closes pools too early."""

    def __init__(self, app: FastAPI, *, host: str, port: int, in_flight_seconds: float = IN_FLIGHT_SECONDS) -> None:
        self.app = app
        self._in_flight_seconds = in_flight_seconds
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                reset_contextvars=True,
                ws="none",
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What stands now stands as long as the process: looking it through again and again costs every request.
        gc.collect()
        gc.freeze()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the process, not to one server in it."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        leaving(self.app).set()
        draining(self.app).set()
        for listener in self.servers:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        reached(Point.SERVE_CLOSED)
        if not await self._quiet(self._in_flight_seconds):
            log.warning("http.drain-cut-short", count=len(self.server_state.tasks))
            for task in list(self.server_state.tasks):
                task.cancel()
            await self._quiet(CANCELLED_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIFESPAN_SECONDS):
                await self.lifespan.shutdown()

    async def _quiet(self, seconds: float) -> bool:
        """Whether every request was answered, and every answer written, within so many seconds."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while self.server_state.tasks or self.server_state.connections:
            if clock() > deadline:
                return False
            await asyncio.sleep(0.02)
        return True
