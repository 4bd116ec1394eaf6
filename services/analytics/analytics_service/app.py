"""The HTTP side: the API of `serve`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from access import application
from analytics_service.consumers import CONSUMERS
from analytics_service.reports import api as reports
from analytics_service.schema import SCHEMA
from analytics_service.settings import AnalyticsSettings
from analytics_service.snapshots import api as snapshots
from servicekit.web import Cursors, read_keys


@asynccontextmanager
async def sealed_cursors(app: FastAPI) -> AsyncIterator[None]:
    """The keys are read when the process starts: without them it does not."""
    app.state.cursors = Cursors(read_keys(app.state.settings.secrets_dir, "cursor"))
    yield


def create_app(settings: AnalyticsSettings) -> FastAPI:
    """The API. It refuses to start on a stale schema, or with a route that no rule guards."""
    return application(
        title="analytics",
        settings=settings,
        schema=SCHEMA,
        consumers=CONSUMERS,
        routers=[APIRouter(lifespan=sealed_cursors), reports.router, snapshots.router],
    )
