"""The HTTP side: people's own lists, and partners' streams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from access import application
from notifications_service.consumers import CONSUMERS
from notifications_service.mail.wording import Wordings
from notifications_service.schema import SCHEMA
from notifications_service.settings import NotificationsSettings
from notifications_service.streams.api import router as streams
from notifications_service.tellings.api import router as tellings
from servicekit.web import Cursors, read_keys


@asynccontextmanager
async def texts_and_cursors(app: FastAPI) -> AsyncIterator[None]:
    """Keys and templates are read when the process starts: without them it does not."""
    app.state.cursors = Cursors(read_keys(app.state.settings.secrets_dir, "cursor"))
    app.state.wordings = Wordings()
    yield


def create_app(settings: NotificationsSettings) -> FastAPI:
    """The API. It refuses to start on a stale schema, or with a route that no rule guards."""
    return application(
        title="notifications",
        settings=settings,
        schema=SCHEMA,
        consumers=CONSUMERS,
        routers=[APIRouter(lifespan=texts_and_cursors), tellings, streams],
    )
