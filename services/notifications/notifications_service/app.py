"""The HTTP side: people's own lists, and partners' streams."""

from fastapi import FastAPI

from access import application
from notifications_service.consumers import CONSUMERS
from notifications_service.mail.wording import Wordings
from notifications_service.schema import SCHEMA
from notifications_service.settings import NotificationsSettings
from notifications_service.streams.api import router as streams
from notifications_service.tellings.api import router as tellings


def with_wordings(app: FastAPI) -> None:
    """Templates are read when the process starts: without them it does not."""
    app.state.wordings = Wordings()


def create_app(settings: NotificationsSettings) -> FastAPI:
    """The API. It refuses to start on a stale schema, or with a route that no rule guards."""
    return application(
        title="notifications",
        settings=settings,
        schema=SCHEMA,
        consumers=CONSUMERS,
        routers=[tellings, streams],
        prepare=with_wordings,
    )
