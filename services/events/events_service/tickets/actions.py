"""The verbs of tickets: shown to whoever has the place, and renewed where somebody else may have seen it."""

from datetime import datetime
from uuid import UUID

from events_service.gatherings import store as gatherings
from events_service.registrations import lookups
from events_service.registrations import store as registrations
from events_service.tickets import store
from events_service.tickets.model import Ticket, refuse_to_renew, refuse_to_show
from servicekit.database import Conn


async def current(conn: Conn, cell: str, registration_id: UUID) -> Ticket:
    """The registration's ticket. Raises NotFound, NotConfirmed, EventCancelled."""
    registration = (await registrations.standing(conn, cell, registration_id)).registration
    refuse_to_show(await gatherings.get(conn, cell, registration.event_id), registration)
    return Ticket(
        registration_id=registration.id,
        event_id=registration.event_id,
        number=await store.number(conn, registration.id),
    )


async def renew(conn: Conn, cell: str, registration_id: UUID, *, at: datetime) -> Ticket:
    """Another ticket, which makes the one before worthless. Nobody else is told: tickets concern this service alone."""
    event_id = await lookups.event_of(conn, cell, registration_id)
    event = await gatherings.lock(conn, cell, event_id)
    registration = (await registrations.standing(conn, cell, registration_id)).registration
    refuse_to_renew(event, registration, at=at)
    return Ticket(
        registration_id=registration.id,
        event_id=event_id,
        number=await store.save_renewed(conn, registration.id),
    )
