"""A process of its own that serves streams and slow commands, and tells a file what happened in which order.

python drain_process.py <ours|stock> <port> <file> [<drain seconds>]
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from fastapi.sse import EventSourceResponse, ServerSentEvent

from servicekit.web import Draining, create_app, until
from servicekit.web.rules import anyone
from servicekit.web.serve import serve

MODE, PORT, FILE = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
DRAIN_SECONDS = float(sys.argv[4]) if len(sys.argv) > 4 else 0.0

router = APIRouter(dependencies=[Depends(anyone)])


def tell(what: str) -> None:
    with FILE.open("a") as file:
        file.write(what + "\n")


@router.post("/slow", status_code=201)
async def slow(seconds: float, name: str) -> dict[str, str]:
    tell(f"began {name}")
    await asyncio.sleep(seconds)
    tell(f"finished {name}")
    return {"name": name}


async def news() -> AsyncGenerator[ServerSentEvent, None]:
    number = 0
    while True:
        number += 1
        yield ServerSentEvent(data={"number": number})
        await asyncio.sleep(3600)


@router.get("/stream", response_class=EventSourceResponse)
async def stream(draining: Draining) -> AsyncIterator[ServerSentEvent]:
    async for item in until(draining, news()):
        yield item


@router.get("/deaf", response_class=EventSourceResponse)
async def deaf() -> AsyncIterator[ServerSentEvent]:
    """A stream that does not watch the event: a mistake that must not keep the process alive."""
    async for item in news():
        yield item


async def ready() -> None: ...


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    tell("opened")
    yield
    tell("closed")


app = create_app(title="drain", version="1", routers=[router], lifespan=lifespan, ready=ready)

if __name__ == "__main__":
    if MODE == "ours":
        asyncio.run(serve(app, host="127.0.0.1", port=PORT, drain_seconds=DRAIN_SECONDS))
    else:
        uvicorn.run(app, host="127.0.0.1", port=PORT, log_config=None)
    tell("ended")
