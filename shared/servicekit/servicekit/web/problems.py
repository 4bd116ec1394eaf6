"""Every refusal leaves as problem+json (RFC 9457), and nothing of our insides with it."""

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.idempotency import Replayed
from servicekit.problem import Problem
from servicekit.web.refusals import problem_of
from servicekit.web.route_table import RouteTable

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger(__name__)


class Failed(Problem):
    status = 500
    code = "failed"
    title = "This went wrong on our side"


class AnswerCutOff(RuntimeError):
    """Raised so that the server closes the connection: an answer had begun and cannot be completed."""


def document(problem: Problem, request_id: str | None) -> dict[str, Any]:
    """The members of the problem document."""
    named = {
        "type": f"urn:guildhall:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    return problem.extra | named | ({"request_id": request_id} if request_id else {})


def response(problem: Problem, request_id: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that says no, with `Retry-After` and `WWW-Authenticate` where they belong."""
    headers = dict(headers or {})
    if "retry_after" in problem.extra:
        headers["retry-after"] = str(problem.extra["retry_after"])
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    body = orjson.dumps(document(problem, request_id), default=str)
    return Response(body, problem.status, headers, MEDIA_TYPE)


class Problems:
    """Turns whatever is raised below into an answer."""

    def __init__(self, app: ASGIApp, *, table: RouteTable) -> None:
        self.app = app
        self.table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if begun:
                log.error("http.answer-cut-off", exc_info=error)
                raise AnswerCutOff from None
            await self.answer(scope, error)(scope, receive, send)

    def answer(self, scope: Scope, error: Exception) -> Response:
        request_id = scope.get("state", {}).get("request_id")
        if isinstance(error, Replayed):
            headers = error.headers | {"idempotent-replayed": "true"}
            return Response(error.body, error.status, headers, "application/json")
        problem = problem_of(error, lambda location: self.table.fields(scope, location))
        if problem is None:
            log.error("http.failed", exc_info=error)
            said = f"It has been recorded as {request_id}." if request_id else "It has been recorded."
            problem = Failed(said)
        elif problem.status >= 500:
            log.warning("http.unavailable", code=problem.code, cause=type(error).__name__)
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        if problem.status == 405:  # the framework's own names the methods of one route, where several share a path
            headers["allow"] = ", ".join(self.table.methods(scope["path"]))
        return response(problem, request_id, {name.lower(): value for name, value in headers.items()})

    async def handle(self, request: Request, error: Exception) -> Response:
        """The same, as the framework's handler of its own exceptions."""
        return self.answer(request.scope, error)
