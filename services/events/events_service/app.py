"""The HTTP side: the API of `serve`."""

from fastapi import FastAPI

from access.application import application
from events_service.attendance import api as attendance
from events_service.calendars import api as calendars
from events_service.consumers import CONSUMERS
from events_service.gatherings import api as gatherings
from events_service.joining import api as joining
from events_service.registrations import api as registrations
from events_service.schema import SCHEMA
from events_service.settings import EventsSettings


def create_app(settings: EventsSettings) -> FastAPI:
    """The API. It refuses to start on a stale schema, or with a route that no rule guards."""
    return application(
        title="events",
        settings=settings,
        schema=SCHEMA,
        consumers=CONSUMERS,
        routers=[
            gatherings.router,
            registrations.router,
            attendance.router,
            joining.router,
            calendars.public,
            calendars.router,
        ],
    )
