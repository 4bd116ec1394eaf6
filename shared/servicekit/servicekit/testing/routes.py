"""Which rule decides about each route, for a service's test that compares them with docs/rights.md."""

from fastapi import FastAPI

from servicekit.web.rules import Route, routes_of

CHASSIS = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json"})


def rules_by_route(app: FastAPI) -> dict[str, str]:
    """`POST /api/v1/memberships` to the rule's own words; the chassis' pages are left out.

    Raises AssertionError where a route has none, which `create_app` would have refused.
    """
    routes = [route for route in routes_of(app) if route.path not in CHASSIS]
    unguarded = [_named(route) for route in routes if route.rule is None]
    assert not unguarded, f"no rule: {', '.join(unguarded)}"
    return {_named(route): str(route.rule) for route in routes}


def _named(route: Route) -> str:
    return f"{route.method} {route.path}"
