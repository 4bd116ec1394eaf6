"""A real gateway for tests, between an issuer that can be broken and services that tell what reached them."""

import asyncio
import json
import socket
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey

from guildhall_local.gateway.envoy import Gateway, running
from guildhall_local.instance import HOST, SERVICES
from guildhall_local.testservers import free_ports

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Issuer:
    """Publishes its keys until `broken`; signs what it is told to, a genuine token of a person by default."""

    url: str
    key: ECKey = field(default_factory=lambda: new_key())
    broken: bool = False
    asked: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        keys = {"keys": [self.key.as_dict(private=False)]}
        await answer(send, 500 if self.broken else 200, {} if self.broken else keys)

    def token(self, sub: str = "anna", *, key: ECKey | None = None, **claims: Any) -> str:
        """Claims given as None are left out."""
        now = int(time.time())
        usual = {"iss": self.url, "sub": sub, "aud": "guildhall", "iat": now, "exp": now + 600}
        whole = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        signing = key or self.key
        return jwt.encode({"alg": "ES256", "kid": signing.kid}, whole, signing)


def new_key(kid: str | None = None) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid or uuid.uuid4().hex, "alg": "ES256", "use": "sig"})


class Service:
    """Answers every request with what reached it; `/stream` paths say what their reader had last, and stay open."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready = True
        self.asked = 0
        self.streams_left = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/readyz":
            await answer(send, 200 if self.ready else 503, {})
        elif scope["path"].endswith("/stream"):
            await self._stream(scope, receive, send)
        else:
            self.asked += 1
            await answer(send, 200, await self._told(scope, receive))

    async def _told(self, scope: Scope, receive: Receive) -> dict[str, Any]:
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        return {
            "service": self.name,
            "port": scope["server"][1],
            "path": scope["path"],
            "headers": headers,
            "size": size,
        }

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        had = dict(scope["headers"]).get(b"last-event-id", b"nothing")
        kind = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": b"data: after " + had + b"\n\n", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        self.streams_left += 1


async def answer(send: Send, status: int, body: Mapping[str, Any]) -> None:
    kind = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": kind})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


class ServerWithoutSignals(uvicorn.Server):
    """Several run in one process, and none of them is the one to end it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Listener:
    """A server on a port of its own that can be stopped and started again there."""

    def __init__(self, app: Any, port: int, *, lifespan: Literal["on", "off"] = "off") -> None:
        self._app = app
        self._lifespan = lifespan
        self._port = port
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        listening = _listening_socket(self._port)
        options: dict[str, Any] = {
            "lifespan": self._lifespan,
            "log_config": None,
            "timeout_graceful_shutdown": 1,
        }
        self._server = ServerWithoutSignals(uvicorn.Config(self._app, **options))
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))

    async def stop(self) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task


def _listening_socket(port: int) -> socket.socket:
    """Made as TCP by name: else asyncio would leave small packets to wait 40 ms for one another."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((HOST, port))
    listening.listen(2048)
    return listening


@dataclass(slots=True)
class Front:
    """A gateway that runs, and everybody around it."""

    http: httpx.AsyncClient
    gateway: Gateway
    issuer: Issuer
    issuer_listener: Listener
    services: Mapping[str, Service]
    listeners: Mapping[str, Listener]

    async def get(self, path: str, *, token: str | None = None, **options: Any) -> httpx.Response:
        return await self.send("GET", path, token=token, **options)

    async def send(
        self, method: str, path: str, *, token: str | None = None, headers: Any = None, **options: Any
    ) -> httpx.Response:
        carried = httpx.Headers(headers)
        if token is not None:
            carried["authorization"] = f"Bearer {token}"
        return await self.http.request(method, path, headers=carried, **options)


@asynccontextmanager
async def front(folder: Path, *, issuer_up: bool = True, **settings: Any) -> AsyncIterator[Front]:
    """The gateway with an issuer and all four services around it; `settings` are fields of Gateway."""
    port, admin_port, issuer_port, *service_ports = free_ports(3 + len(SERVICES))
    issuer = Issuer(f"http://{HOST}:{issuer_port}")
    services = {name: Service(name) for name in SERVICES}
    upstreams = {name: [f"{HOST}:{at}"] for name, at in zip(SERVICES, service_ports, strict=True)}
    usual = {"issuer": issuer.url, "jwks_url": f"{issuer.url}/jwks.json", "keys_cached_seconds": 1}
    gateway = Gateway(folder=folder, port=port, admin_port=admin_port, upstreams=upstreams, **{**usual, **settings})
    listeners = {name: Listener(services[name], at) for name, at in zip(SERVICES, service_ports, strict=True)}
    issuer_listener = Listener(issuer, issuer_port)
    async with AsyncExitStack() as stack:
        for listener in (*listeners.values(), *([issuer_listener] if issuer_up else [])):
            await listener.start()
        for listener in (*listeners.values(), issuer_listener):
            stack.push_async_callback(listener.stop)
        starting = running(gateway)
        await asyncio.to_thread(starting.__enter__)
        stack.callback(starting.__exit__, None, None, None)
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=20, limits=httpx.Limits(max_connections=32))
        )
        yield Front(http, gateway, issuer, issuer_listener, services, listeners)
