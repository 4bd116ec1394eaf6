"""Routes that are asked very often run the same dependencies as any other, without the framework's way to them.

Whatever is unusual about a request (a query, a body that does not fit) goes the framework's way, and is answered there.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ATTRIBUTE = "guildhall_direct"

Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[Response]])


class NotDirect(TypeError):
    """A route asks for something that only the framework can give: found when the application is made."""


def direct(endpoint: Endpoint) -> Endpoint:
    """For an endpoint that returns a Response, and with its rules asks for paths, one body and the request only."""
    setattr(endpoint, ATTRIBUTE, True)
    return endpoint


@dataclass(frozen=True, slots=True)
class _Step:
    """One call: a dependency, or at last the endpoint."""

    call: Callable[..., Awaitable[Any]]
    request: str | None
    """The parameter that takes the request."""
    fields: tuple[str, ...]
    """Parameters that take what was in the path or the body."""
    results: tuple[tuple[str, int], ...]
    """Parameters that take what an earlier step returned."""


@dataclass(frozen=True, slots=True)
class _Way:
    """All that one route does, in the framework's order, each dependency once."""

    context: RouteContext
    steps: tuple[_Step, ...]
    path: Mapping[str, Any]
    body: Any
    """The one field that takes the body, or None."""

    async def go(self, scope: Scope, values: dict[str, Any], receive: Receive) -> Response:
        request, results = Request(scope, receive), list[Any]()
        for step in self.steps:
            given = {name: values[name] for name in step.fields}
            for name, place in step.results:
                given[name] = results[place]
            if step.request is not None:
                given[step.request] = request
            results.append(await step.call(**given))
        response: Response = results[-1]
        return response


class Direct:
    """The innermost layer: before the framework's own routing."""

    def __init__(self, app: ASGIApp, *, ways: "Ways") -> None:
        self.app = app
        self.ways = ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        way = self.ways.find(scope) if scope["type"] == "http" else None
        if way is None:
            await self.app(scope, receive, send)
            return
        body = await receive()
        values = _values(way, scope, body["body"])
        if values is None:
            await self.app(scope, _again(body, receive), send)
            return
        scope["route"], scope["endpoint"] = way.context.original_route, way.steps[-1].call
        response = await way.go(scope, values, receive)
        await response(scope, receive, send)


class Ways:
    """The direct routes of an application. Raises NotDirect where one cannot be."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._ways = [
            (context.path_regex, method, _way(context))
            for context in iter_route_contexts(app.routes)
            if getattr(getattr(context, "endpoint", None), ATTRIBUTE, False)
            for method in context.methods or ()
        ]

    def find(self, scope: Scope) -> _Way | None:
        if scope["query_string"] or self._app.dependency_overrides:
            return None
        for pattern, method, way in self._ways:
            if method == scope["method"] and (match := pattern.match(scope["path"])):
                scope["path_params"] = match.groupdict()
                return way
        return None


def _way(context: RouteContext) -> _Way:
    dependant: Dependant = context.dependant
    way = _Compiling()
    way.add(dependant)
    if len(way.bodies) > 1:
        raise NotDirect(f"{context.path} takes several bodies: {', '.join(way.bodies)}")
    return _Way(context, tuple(way.steps), way.path, next(iter(way.bodies.values()), None))


class _Compiling:
    def __init__(self) -> None:
        self.steps: list[_Step] = []
        self.places: dict[Any, int] = {}
        self.path: dict[str, Any] = {}
        self.bodies: dict[str, Any] = {}

    def add(self, dependant: Dependant) -> int:
        """The place of its result. What was asked for before is not asked for again."""
        call = dependant.call
        if call in self.places and dependant.use_cache:
            return self.places[call]
        results = tuple((inner.name, self.add(inner)) for inner in dependant.dependencies)
        if call is None or not inspect.iscoroutinefunction(call) or _asks_for_more(dependant):
            raise NotDirect(f"{getattr(call, '__qualname__', call)} asks for more than a direct route can give")
        for field in dependant.path_params:
            self.path[field.name] = field
        for field in dependant.body_params:
            self.bodies[field.name] = field
        fields = tuple(field.name for field in (*dependant.path_params, *dependant.body_params))
        named = tuple((name, place) for name, place in results if name is not None)
        self.steps.append(_Step(call, dependant.request_param_name, fields, named))
        self.places[call] = len(self.steps) - 1
        return self.places[call]


def _asks_for_more(dependant: Dependant) -> bool:
    return bool(
        dependant.query_params
        or dependant.header_params
        or dependant.cookie_params
        or dependant.http_connection_param_name
        or dependant.response_param_name
        or dependant.background_tasks_param_name
        or dependant.security_scopes_param_name
        or dependant.concurrency
    )


def _values(way: _Way, scope: Scope, body: bytes) -> dict[str, Any] | None:
    """By parameter; None where something does not fit: the framework says what."""
    values: dict[str, Any] = {}
    for name, field in way.path.items():
        values[name], errors = field.validate(scope["path_params"].get(field.alias), values, loc=("path",))
        if errors:
            return None
    if way.body is not None and not _take_body(way.body, values, scope, body):
        return None
    return values


def _take_body(field: Any, values: dict[str, Any], scope: Scope, body: bytes) -> bool:
    """Whether it is there in the plainest form and fits, or is not needed."""
    if body and (b"content-type", b"application/json") not in scope["headers"]:
        return False
    given = orjson.loads(body) if body else None
    if given is None:
        values[field.name] = field.get_default()
        return not field.field_info.is_required()
    values[field.name], errors = field.validate(given, values, loc=("body",))
    return not errors


def _again(first: Message, receive: Receive) -> Receive:
    """What was taken already, then the rest."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return first

    return replay
