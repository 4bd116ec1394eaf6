"""The pages that machines ask for: alive, ready, figures, and the API's description."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response

from servicekit import metrics
from servicekit.problem import Unavailable
from servicekit.web.openapi import description
from servicekit.web.rules import anyone

READY_SECONDS = 2.0

Ready = Callable[[], Awaitable[None]]
"""Raises Unavailable, saying what is missing, while the process cannot do its work."""


def pages(ready: Ready) -> APIRouter:
    """`/healthz`, `/readyz`, `/metrics` and `/openapi.json`."""
    router = APIRouter(dependencies=[Depends(anyone)], include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> Response:
        return _json({"status": "alive"})

    @router.get("/readyz")
    async def readyz(request: Request) -> Response:
        if leaving(request.app).is_set():
            raise Unavailable("This process is about to end.", retry_after=2)
        try:
            async with asyncio.timeout(READY_SECONDS):
                await ready()
        except TimeoutError:
            raise Unavailable("The check of what this process needs did not end.", retry_after=2) from None
        return _json({"status": "ready"})

    @router.get("/metrics")
    async def figures() -> Response:
        return Response(metrics.text(), media_type=metrics.CONTENT_TYPE)

    @router.get("/openapi.json")
    async def openapi(request: Request) -> Response:
        return _json(description(request.app))

    return router


def leaving(app: FastAPI) -> asyncio.Event:
    """Set once the process is told to end: it is not ready any more, and still answers."""
    event: asyncio.Event = app.state.leaving
    return event


def draining(app: FastAPI) -> asyncio.Event:
    """Set when the process takes no more requests: streams are to end."""
    event: asyncio.Event = app.state.draining
    return event


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")
