"""Each request has an id, one line in the log without personal data, and its place in the figures."""

import re
import time
from collections.abc import Iterable
from contextvars import ContextVar
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit import metrics
from servicekit.web.route_table import RouteTable

CLIENT_LEFT = 499
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

log = structlog.get_logger(__name__)

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Requests:
    """The outermost layer: what happens below it is what the log and the figures tell."""

    def __init__(self, app: ASGIApp, *, table: RouteTable) -> None:
        self.app = app
        self.table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for key, value in scope["headers"] if key == b"x-request-id"), "")
        name = given if _ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = name
        status = CLIENT_LEFT

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _marked(message.get("headers", ()), name)
            await send(message)

        set_id = request_id.set(name)
        began = time.perf_counter()
        with (
            structlog.contextvars.bound_contextvars(request_id=name),
            metrics.HTTP_IN_FLIGHT.track_inprogress(),
        ):
            try:
                await self.app(scope, receive, marked)
            finally:
                self._count(scope, status, time.perf_counter() - began)
                request_id.reset(set_id)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = self.table.template(scope)
        metrics.HTTP_REQUESTS.labels(method, route, str(status)).inc()
        metrics.HTTP_SECONDS.labels(method, route).observe(seconds)
        tell = log.debug if route in QUIET else log.info
        tell("http.request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def _marked(headers: Iterable[tuple[bytes, bytes]], name: str) -> list[tuple[bytes, bytes]]:
    """With the request's id, and not to be kept by anybody unless the answer says otherwise."""
    kept = [pair for pair in headers if pair[0] != b"x-request-id"]
    kept.append((b"x-request-id", name.encode()))
    if all(key != b"cache-control" for key, _ in kept):
        kept.append((b"cache-control", b"no-store"))
    return kept
