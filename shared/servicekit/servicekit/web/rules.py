"""No route without a rule: an application that has one does not start."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

ATTRIBUTE = "guildhall_rule"
"""Carried by the callable of a dependency that decides who may use a route: the rule, in words."""


class UnguardedRoute(RuntimeError):
    """A route that nothing decides about: a mistake of ours, found before the first request."""

    for_operators = True


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `rule` is None where nothing decides; `path` is the template."""

    method: str
    path: str
    rule: str | None


RouteCheck = Callable[[FastAPI], None]


async def anyone() -> None:
    """The rule of the chassis' own pages: they say nothing about anybody."""


setattr(anyone, ATTRIBUTE, "anyone()")


def routes_of(app: FastAPI) -> list[Route]:
    """Every operation of the application with its rule, those of included routers and mounts among them."""
    found = [
        Route(method, context.path or "", rule_of(context))
        for context in iter_route_contexts(app.routes)
        for method in sorted(context.methods or {"ANY"})
    ]
    return sorted(found, key=lambda route: (route.path, route.method))


def rule_of(context: RouteContext) -> str | None:
    dependant = getattr(context, "dependant", None)
    rules = dict.fromkeys(_rules(dependant)) if isinstance(dependant, Dependant) else {}
    return " and ".join(rules) or None


def _rules(dependant: Dependant) -> Iterator[str]:
    for inner in dependant.dependencies:
        rule: Any = getattr(inner.call, ATTRIBUTE, None)
        if rule is not None:
            yield str(rule)
        yield from _rules(inner)


def require_rules(app: FastAPI) -> None:
    """Raises UnguardedRoute, naming the routes without a rule, or those that only OpenAPI knows of."""
    walked = routes_of(app)
    unguarded = [f"{route.method} {route.path}" for route in walked if route.rule is None]
    if unguarded:
        raise UnguardedRoute(f"no rule says who may use {', '.join(unguarded)}: add may(...), signed_in() or anyone()")
    unseen = _documented(app) - {(route.method, route.path) for route in walked}
    if unseen:
        raise UnguardedRoute(f"not looked at, yet documented: {', '.join(' '.join(pair) for pair in sorted(unseen))}")


def _documented(app: FastAPI) -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, operations in app.openapi()["paths"].items() for method in operations}
