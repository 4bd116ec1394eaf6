"""No route without a rule; and a check that would not see one counts for nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import Response
from starlette.routing import Mount, Route

from servicekit import metrics
from servicekit.problem import Forbidden, Unavailable
from servicekit.testing.log_capture import captured_logs
from servicekit.testing.routes import rules_by_route
from servicekit.web import UnguardedRoute, create_app, routes_of
from servicekit.web.health import leaving
from servicekit.web.rules import ATTRIBUTE, RouteCheck, require_rules
from servicekit.web.secrets import KeysMissing


def may(action: str) -> Callable[[], Awaitable[None]]:
    """A rule as `access` makes them; here it refuses everybody."""

    async def rule() -> None:
        raise Forbidden(f"you may not {action}")

    setattr(rule, ATTRIBUTE, f"may({action!r})")
    return rule


async def ready() -> None: ...


def application(*routers: APIRouter, check: RouteCheck = require_rules) -> FastAPI:
    return create_app(title="t", version="1", routers=routers, lifespan=None, ready=ready, check=check)


def people(*, guarded: bool) -> APIRouter:
    router = APIRouter(prefix="/people")

    @router.get("/{person_id}", dependencies=[Depends(may("see-person"))])
    async def see(person_id: str) -> dict[str, str]:
        return {}

    @router.delete("/{person_id}", dependencies=[Depends(may("erase-person"))] if guarded else [])
    async def erase(person_id: str) -> dict[str, str]:
        return {"erased": person_id}

    return router


async def asked(app: FastAPI, method: str, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        return await client.request(method, path)


def test_a_route_without_a_rule_cannot_start() -> None:
    with pytest.raises(UnguardedRoute, match=r"no rule says who may use DELETE /people/\{person_id\}"):
        application(people(guarded=False))


async def test_without_the_check_the_unguarded_route_is_open() -> None:
    """The negative control: what the check prevents is real."""

    def blind(_: FastAPI) -> None: ...

    app = application(people(guarded=False), check=blind)

    assert (await asked(app, "DELETE", "/people/anna")).json() == {"erased": "anna"}
    assert (await asked(app, "GET", "/people/anna")).status_code == 403


async def test_a_guarded_route_starts_and_its_rule_decides() -> None:
    app = application(people(guarded=True))

    assert (await asked(app, "DELETE", "/people/anna")).status_code == 403


def test_a_route_of_a_router_within_a_router_is_seen() -> None:
    outer = APIRouter(prefix="/cells/{cell}")
    outer.include_router(people(guarded=False))

    with pytest.raises(UnguardedRoute, match=r"DELETE /cells/\{cell\}/people/\{person_id\}"):
        application(outer)


def test_a_router_may_carry_the_rule_for_all_its_routes() -> None:
    outer = APIRouter(prefix="/cells/{cell}", dependencies=[Depends(may("enter"))])
    outer.include_router(people(guarded=False))

    assert rules_by_route(application(outer)) == {
        "GET /cells/{cell}/people/{person_id}": "may('enter') and may('see-person')",
        "DELETE /cells/{cell}/people/{person_id}": "may('enter')",
    }


def test_a_rule_may_stand_in_what_the_endpoint_takes() -> None:
    router = APIRouter()

    @router.get("/me")
    async def me(caller: Annotated[None, Depends(may("be"))]) -> dict[str, str]:
        return {}

    assert rules_by_route(application(router)) == {"GET /me": "may('be')"}


@pytest.mark.parametrize("route", [Route("/plain", lambda request: Response("x")), Mount("/files", app=Response("x"))])
def test_routes_that_are_not_fastapis_are_refused(route: Route | Mount) -> None:
    router = APIRouter(routes=[route])

    with pytest.raises(UnguardedRoute, match=route.path):
        application(router)


def test_the_check_counts_what_openapi_documents() -> None:
    """Taken away from the walk, a documented route is missed by nobody."""
    app = application(people(guarded=True))
    described = app.openapi()
    described["paths"]["/hidden"] = {"get": {}}

    with pytest.raises(UnguardedRoute, match="not looked at, yet documented: GET /hidden"):
        require_rules(app)


def test_the_chassis_own_pages_are_public_and_listed() -> None:
    assert {route.path: route.rule for route in routes_of(application())} == dict.fromkeys(
        ["/healthz", "/metrics", "/openapi.json", "/readyz"], "anyone()"
    )


async def test_readiness_says_what_is_missing_and_ends_with_draining() -> None:
    missing: list[str] = ["no connection"]

    async def check() -> None:
        if missing:
            raise Unavailable(missing[0])

    app = create_app(title="t", version="1", routers=[], lifespan=None, ready=check)
    before = await asked(app, "GET", "/readyz")
    missing.clear()
    then = await asked(app, "GET", "/readyz")
    leaving(app).set()
    after = await asked(app, "GET", "/readyz")

    assert (before.status_code, before.json()["detail"]) == (503, "no connection")
    assert then.status_code == 200
    assert after.status_code == 503
    assert (await asked(app, "GET", "/healthz")).status_code == 200


async def test_figures_are_kept_by_template_never_by_address() -> None:
    app = application(people(guarded=True))

    await asked(app, "GET", "/people/philippa.canary")
    await asked(app, "GET", "/nowhere/philippa.canary")
    text = (await asked(app, "GET", "/metrics")).text

    assert 'guildhall_http_requests_total{method="GET",route="/people/{person_id}",status="403"}' in text
    assert 'route="(no route)"' in text
    assert "philippa" not in text
    assert text == text.replace("guildhall_http_in_flight 2", "")
    assert metrics.REGISTRY.get_sample_value("guildhall_http_in_flight") == 0


async def test_one_router_under_two_addresses_keeps_its_templates_apart() -> None:
    outer = APIRouter()
    outer.include_router(people(guarded=True), prefix="/a")
    outer.include_router(people(guarded=True), prefix="/b")
    shared = people(guarded=True)
    outer.include_router(shared, prefix="/c")
    outer.include_router(shared, prefix="/d")
    app = application(outer)

    for place in "abcd":
        await asked(app, "GET", f"/{place}/people/x")
    text = (await asked(app, "GET", "/metrics")).text

    assert all(f'route="/{place}/people/{{person_id}}"' in text for place in "abcd")


async def test_why_a_process_cannot_start_is_told() -> None:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        raise KeysMissing("cursor.key holds no key")
        yield

    app = create_app(title="t", version="1", routers=[], lifespan=lifespan, ready=ready)
    with captured_logs("t") as captured, pytest.raises(KeysMissing):
        async with app.router.lifespan_context(app):
            pass

    assert captured.entries[0]["said"] == "cursor.key holds no key"


async def test_the_description_is_served() -> None:
    described = (await asked(application(people(guarded=True)), "GET", "/openapi.json")).json()

    assert set(described["paths"]) == {"/people/{person_id}"}


async def test_a_check_of_readiness_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.web.health.READY_SECONDS", 0.05)

    async def hang() -> None:
        await asyncio.Event().wait()

    app = create_app(title="t", version="1", routers=[], lifespan=None, ready=hang)

    assert (await asked(app, "GET", "/readyz")).status_code == 503
