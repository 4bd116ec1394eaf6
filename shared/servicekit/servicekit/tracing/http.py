"""A server span for every request, named by its route's template: paths and queries may name somebody."""

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit import tracing
from servicekit.web.requests import CLIENT_LEFT, QUIET
from servicekit.web.route_table import RouteTable


def layers(table: RouteTable) -> list[Middleware]:
    """The layer that traces; none while tracing is off."""
    return [Middleware(Traced, table=table)] if tracing.current() is not None else []


class Traced:
    """The outermost layer; below it the request's `traceparent` is the span's own."""

    def __init__(self, app: ASGIApp, *, table: RouteTable) -> None:
        self.app = app
        self.table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        traces = tracing.current()
        if traces is None or scope["type"] != "http" or scope["path"] in QUIET:
            await self.app(scope, receive, send)
            return
        span = traces.request(scope["method"], scope["scheme"], Headers(scope=scope).get("traceparent"))
        kept = [(name, value) for name, value in scope["headers"] if name != b"traceparent"]
        scope["headers"] = [*kept, (b"traceparent", traces.traceparent(span).encode())]
        status = CLIENT_LEFT

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, seen)
        finally:
            traces.answered(span, scope["method"], self.table.template(scope), status)
