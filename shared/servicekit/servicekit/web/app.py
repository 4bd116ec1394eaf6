"""One application per service: the same layers around every route, and no route without a rule."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import Lifespan

from servicekit.database import Database
from servicekit.tracing.http import layers as tracing_layers
from servicekit.web import health
from servicekit.web.after import After
from servicekit.web.bodies import Bodies
from servicekit.web.direct import Direct, Ways
from servicekit.web.problems import Problems
from servicekit.web.requests import Requests
from servicekit.web.route_table import RouteTable, check_route
from servicekit.web.rules import RouteCheck, require_rules

log = structlog.get_logger(__name__)

NOT_THE_FRAMEWORKS = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
)


def create_app(
    *,
    title: str,
    version: str,
    routers: Sequence[APIRouter],
    lifespan: Lifespan[FastAPI] | None,
    ready: health.Ready,
    database: Callable[[], Database] | None = None,
    consumers_by_topic: Mapping[str, Sequence[str]] | None = None,
    body_limits: Mapping[str, int] | None = None,
    check: RouteCheck = require_rules,
) -> FastAPI:
    """The application of one process. Raises UnguardedRoute, naming it, where a route has no rule.

    routers: query parameters that no route declares are refused, so declare all that are read.
    ready: raises Unavailable while the process cannot work.
    database: the pool whose inbox tells what has been applied; needed where `consumers_by_topic` is.
    consumers_by_topic: topic without prefix to the consumers that read it (`after.readers`).
    body_limits: bytes by prefix of the path; 1 MiB elsewhere.
    check: a seam for the test that takes the route guard away.
    """
    app, table = _bare(title, version, lifespan)
    for router in [health.pages(ready), *routers]:
        app.include_router(router)
    layers = [
        *tracing_layers(table),
        Middleware(Requests, table=table),
        Middleware(Problems, table=table),
        Middleware(Bodies, limits=body_limits),
    ]
    if consumers_by_topic and database:
        layers.append(Middleware(After, consumers_by_topic=consumers_by_topic, database=database))
    app.user_middleware.extend([*layers, Middleware(Direct, ways=Ways(app))])
    problems = Problems(app, table=table)
    app.add_exception_handler(HTTPException, problems.handle)
    app.add_exception_handler(RequestValidationError, problems.handle)
    check(app)
    return app


def _bare(title: str, version: str, lifespan: Lifespan[FastAPI] | None) -> tuple[FastAPI, RouteTable]:
    """Without pages, redirects and traces of the framework's own: its traces tell paths and words of errors."""
    app = FastAPI(
        title=title,
        version=version,
        lifespan=_told(lifespan) if lifespan else None,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(check_route)],
        telemetry=NOT_THE_FRAMEWORKS,
    )
    app.state.route_table = table = RouteTable(app)
    app.state.leaving = asyncio.Event()
    app.state.draining = asyncio.Event()
    return app, table


def _told(lifespan: Lifespan[FastAPI]) -> Lifespan[FastAPI]:
    """Say why a process cannot start: the server's own words about it end at the first line."""

    @asynccontextmanager
    async def told(app: FastAPI) -> AsyncIterator[Any]:
        try:
            async with lifespan(app) as state:
                yield state
        except Exception as error:
            log.critical("process.cannot-go-on", exc_info=error)
            raise

    return told
