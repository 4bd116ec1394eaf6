"""The HTTP side: the API of `serve`."""

from fastapi import FastAPI

from access.application import application
from events_service.attendance import api as attendance
from events_service.attendance import lists as attendance_lists
from events_service.calendars import api as calendars
from events_service.consumers import CONSUMERS
from events_service.edge import Doors
from events_service.erasures import api as erasures
from events_service.gatherings import api as gatherings
from events_service.joining import api as joining
from events_service.meetings import api as meetings
from events_service.registrations import api as registrations
from events_service.schema import SCHEMA
from events_service.settings import EventsSettings
from events_service.tickets import api as tickets
from events_service.tickets.office import open_ticket_office


def create_app(settings: EventsSettings) -> FastAPI:
    """The API. It refuses to start on a stale schema, or with a route that no rule guards."""
    return application(
        title="events",
        settings=settings,
        schema=SCHEMA,
        consumers=CONSUMERS,
        routers=[
            gatherings.router,
            erasures.router,
            registrations.router,
            attendance.router,
            attendance_lists.router,
            tickets.router,
            meetings.router,
            joining.router,
            calendars.public,
            calendars.router,
        ],
        prepare=_prepare,
    )


def _prepare(app: FastAPI) -> None:
    """What is served in groups, and the keys of tickets."""
    open_ticket_office(app)
    app.state.doors = Doors(lambda: app.state.database)
    registrations.prepare(app)
    attendance.prepare(app)
