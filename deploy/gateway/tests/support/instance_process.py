"""One of several instances of a service, served as all are: python instance_process.py <port> <drain seconds>."""

import asyncio
import os
import sys

from fastapi import APIRouter, Depends

from servicekit.web import create_app
from servicekit.web.rules import anyone
from servicekit.web.serve import serve

PORT, DRAIN_SECONDS = int(sys.argv[1]), float(sys.argv[2])

router = APIRouter(dependencies=[Depends(anyone)])


@router.post("/api/v1/cells/midlands/events", status_code=201)
async def draft() -> dict[str, int]:
    await asyncio.sleep(0.01)  # as long as a command takes, so that there is always one in flight
    return {"process": os.getpid()}


async def ready() -> None: ...


if __name__ == "__main__":
    app = create_app(title="instance", version="1", routers=[router], lifespan=None, ready=ready)
    asyncio.run(serve(app, host="127.0.0.1", port=PORT, drain_seconds=DRAIN_SECONDS))
