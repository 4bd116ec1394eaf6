"""What the chassis knows of a route by itself: its template, its query parameters, the fields of its body."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel
from starlette.types import Scope

from servicekit.problem import Invalid
from servicekit.web.validation import unknown

NO_ROUTE = "(no route)"


class RouteTable:
    """Looked up by the route that a request was given to; filled once, at the first request."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._contexts: dict[int, list[RouteContext]] = {}
        self._queries: dict[int, list[str]] = {}
        self._nearer: dict[int, list[RouteContext]] = {}

    def template(self, scope: Scope) -> str:
        """The path with its parameters left open, such as `/api/v1/people/{person_id}`."""
        context = self._find(scope)
        return (context.path_format or NO_ROUTE) if context else NO_ROUTE

    def query_names(self, scope: Scope) -> list[str]:
        """Names of the query parameters that the route takes, sorted."""
        context = self._find(scope)
        if context is None:
            return []
        if id(context) not in self._queries:
            names = (name for field in _query_params(context.dependant) for name in _query_names(field))
            self._queries[id(context)] = sorted(set(names))
        return self._queries[id(context)]

    def fields(self, scope: Scope, location: tuple[str | int, ...]) -> list[str]:
        """Names of the fields known beside an unknown one, sorted; empty where that cannot be told."""
        where, *steps = location
        if where == "query":
            return self.query_names(scope)
        context = self._find(scope)
        if context is None or where != "body":
            return []
        sources = list(_body_params(context.dependant))
        if len({field.alias for field in sources}) > 1 and steps:
            named = steps.pop(0)
            sources = [field for field in sources if field.alias == named]
        models = [model for field in sources for model in _models(field.field_info.annotation)]
        for step in steps[:-1]:
            models = list(_inside(models, step))
        return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})

    def methods(self, path: str) -> list[str]:
        """What can be asked of this path, by whichever routes, sorted."""
        matching = [one for one in self._all() if one.path_regex.match(path)]
        least = min((_openings(one) for one in matching), default=0)
        return sorted({method for one in matching if _openings(one) == least for method in one.methods or ()})

    def is_named_elsewhere(self, scope: Scope) -> bool:
        """Whether the path has a route of its own, so that its end is a name and no id, which takes other methods."""
        context = self._find(scope)
        if context is None or not _openings(context):
            return False
        if id(context) not in self._nearer:
            self._nearer[id(context)] = [one for one in self._all() if _is_nearer(one, context)]
        return any(one.path_regex.match(scope["path"]) for one in self._nearer[id(context)])

    def _all(self) -> Iterator[RouteContext]:
        return (one for one in iter_route_contexts(self._app.routes) if one.path_regex is not None)

    def _find(self, scope: Scope) -> RouteContext | None:
        """One route can stand under several prefixes: then its pattern tells them apart."""
        route = scope.get("route")
        if route is None:
            return None
        if not self._contexts:
            for context in iter_route_contexts(self._app.routes):
                self._contexts.setdefault(id(context.original_route), []).append(context)
        candidates = self._contexts.get(id(route), [])
        if len(candidates) == 1:
            return candidates[0]
        return next((one for one in candidates if one.path_regex.match(scope["path"])), None)


async def check_route(request: Request) -> None:
    """A path's own name is no id, and a misspelt filter is refused: unheeded, it would show more than was asked for.

    Raises HTTPException (405) and Invalid.
    """
    table: RouteTable = request.app.state.route_table
    if table.is_named_elsewhere(request.scope):
        raise HTTPException(405)
    known = table.query_names(request.scope)
    strange = [name for name in request.query_params if name not in known]
    if strange:
        errors = [{"field": name, "message": unknown(name, known)} for name in strange]
        raise Invalid("; ".join(error["message"] for error in errors), errors=errors)


def _openings(context: RouteContext) -> int:
    """How much of its template is left open."""
    return (context.path_format or "").count("{")


def _is_nearer(one: RouteContext, than: RouteContext) -> bool:
    """Whether some path fits both, of which `one` leaves less open."""
    return _openings(one) < _openings(than) and bool(than.path_regex.match(one.path_format or ""))


def _query_params(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for inner in dependant.dependencies:
        yield from _query_params(inner)


def _query_names(field: Any) -> Iterator[str]:
    """A model stands for the parameters that it names."""
    models = list(_models(field.field_info.annotation))
    if not models:
        yield field.alias
    for model in models:
        yield from (inner.alias or name for name, inner in model.model_fields.items())


def _body_params(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.body_params
    for inner in dependant.dependencies:
        yield from _body_params(inner)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)


def _inside(models: list[type[BaseModel]], step: str | int) -> Iterator[type[BaseModel]]:
    if isinstance(step, int):
        yield from models
        return
    for model in models:
        for name, field in model.model_fields.items():
            if step in {name, field.alias}:
                yield from _models(field.annotation)
