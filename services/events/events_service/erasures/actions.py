"""What an erased person had before them is cancelled, each under its event's lock like any cancellation."""

from datetime import datetime
from uuid import UUID

from events_service.erasures import store
from events_service.gatherings.model import EventCancelled, EventPast
from events_service.registrations import actions as registrations
from events_service.registrations.model import AlreadyAttended, AlreadyCancelled
from servicekit.database import Conn

NOTHING_TO_CANCEL = (AlreadyAttended, AlreadyCancelled, EventCancelled, EventPast)
"""What somebody else did to a registration, or the clock, between looking for it and holding its event."""


async def cancel_what_is_to_come(conn: Conn, cell: str, person_id: UUID, *, at: datetime) -> int:
    """A place that becomes free goes to the first in line. Returns how many were cancelled."""
    cancelled = 0
    for registration_id in await store.to_come(conn, cell, person_id, at=at):
        try:
            await registrations.cancel(conn, cell, registration_id, at=at)
        except NOTHING_TO_CANCEL:
            continue
        cancelled += 1
    return cancelled
