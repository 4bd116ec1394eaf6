"""The HTTP side: the API of `serve`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from access.application import application
from events_service.attendance import api as attendance
from events_service.consumers import CONSUMERS
from events_service.gatherings import api as gatherings
from events_service.registrations import api as registrations
from events_service.schema import SCHEMA
from events_service.settings import EventsSettings
from servicekit.web import Cursors, read_keys


@asynccontextmanager
async def sealed_cursors(app: FastAPI) -> AsyncIterator[None]:
    """The keys are read when the process starts: without them it does not."""
    app.state.cursors = Cursors(read_keys(app.state.settings.secrets_dir, "cursor"))
    yield


def create_app(settings: EventsSettings) -> FastAPI:
    """The API. It refuses to start on a stale schema, or with a route that no rule guards."""
    return application(
        title="events",
        settings=settings,
        schema=SCHEMA,
        consumers=CONSUMERS,
        routers=[
            APIRouter(lifespan=sealed_cursors),
            gatherings.router,
            registrations.router,
            attendance.router,
        ],
    )
