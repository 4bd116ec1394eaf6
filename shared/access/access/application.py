"""The HTTP side of a service: database, tokens and cells in place before the first request."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from access.principal import Principals
from servicekit import cells as cell_files
from servicekit.consumers import Consumer
from servicekit.database import Database
from servicekit.database.migrations import Schema
from servicekit.database.migrations import check as check_schema
from servicekit.settings import ServiceSettings
from servicekit.web.after import readers
from servicekit.web.app import create_app
from servicekit.web.paging import Cursors
from servicekit.web.rules import RouteCheck, require_rules
from servicekit.web.secrets import read_keys
from servicekit.web.tokens import TokenVerifier


def application(
    *,
    title: str,
    settings: ServiceSettings,
    schema: Schema,
    consumers: Sequence[Consumer],
    routers: Sequence[APIRouter],
    body_limits: Mapping[str, int] | None = None,
    prepare: Callable[[FastAPI], None] | None = None,
    check: RouteCheck = require_rules,
) -> FastAPI:
    """A service's API. It refuses to start on a stale schema, without its keys, or with a route that no rule guards.

    prepare: puts what the service's own routes need on `app.state`.
    """
    cells = cell_files.load(settings.cells_file, serve=settings.cells, prefix=settings.topic_prefix)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = await Database.open(settings.database_url, size=settings.pool_size, application_name=title)
        try:
            async with database.reading() as conn:
                await check_schema(conn, schema)
            async with TokenVerifier(settings.trusted_issuers).running() as tokens:
                app.state.database, app.state.tokens = database, tokens
                app.state.principals = Principals(database)
                app.state.cursors = Cursors(read_keys(settings.secrets_dir, "cursor"))
                yield
        finally:
            await database.close()

    async def ready() -> None:
        async with app.state.database.reading() as conn:
            await conn.execute("SELECT")

    app = create_app(
        title=title,
        version="v1",
        routers=routers,
        lifespan=lifespan,
        ready=ready,
        database=lambda: app.state.database,
        consumers_by_topic=readers(consumers, cells),
        body_limits=body_limits,
        check=check,
    )
    app.state.settings, app.state.cells = settings, cells
    if prepare is not None:
        prepare(app)
    return app
