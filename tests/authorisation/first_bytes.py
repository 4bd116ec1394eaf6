"""A transport for answers that have no end: the client leaves after the first bytes."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI


class FirstBytes(httpx.AsyncBaseTransport):
    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        left = asyncio.Event()
        started: dict[str, Any] = {}
        first = bytearray()
        body = [await request.aread()]

        async def receive() -> dict[str, Any]:
            if body:
                return {"type": "http.request", "body": body.pop(), "more_body": False}
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            elif message["type"] == "http.response.body":
                first.extend(message.get("body", b""))
                left.set()

        await self._app(_scope(request), receive, send)
        return httpx.Response(started["status"], headers=started["headers"], content=bytes(first))


def _scope(request: httpx.Request) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.url.path,
        "raw_path": request.url.raw_path.partition(b"?")[0],
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": ("service.test", 80),
        "client": ("127.0.0.1", 1234),
        "root_path": "",
    }
