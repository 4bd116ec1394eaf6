"""The verb of the door: somebody is there, recorded once, however often the door is asked."""

from datetime import datetime, timedelta
from uuid import UUID

from events_service.attendance.model import CheckedIn, refuse_check_in
from events_service.gatherings import store as gatherings
from events_service.gatherings.model import nothing_here
from events_service.gatherings.signals import origin
from events_service.registrations import signals, store
from events_service.registrations.model import Registration, read_code
from servicekit.database import Conn
from servicekit.outbox import publish
from servicekit.problem import NotFound


class UnknownCode(NotFound):
    code = "unknown-code"
    title = "No registration of this event has that code"


async def check_in(
    conn: Conn, cell: str, event_id: UUID, who: UUID | str, *, opens_before: timedelta, at: datetime
) -> CheckedIn:
    """Record that somebody was there. who: a registration's id, or its code as it was typed."""
    event = await gatherings.lock(conn, cell, event_id)
    refuse_check_in(event, at=at, opens_before=opens_before)
    before = await _find(conn, event_id, who)
    attended = before.attend(at=at)
    if attended == before:
        return CheckedIn(registration=before, already=True)
    await store.save_attended(conn, attended)
    await publish(conn, signals.attended(attended), at=origin(event))
    return CheckedIn(registration=attended, already=False)


async def _find(conn: Conn, event_id: UUID, who: UUID | str) -> Registration:
    if isinstance(who, UUID):
        found = await store.find(conn, event_id, who)
        if found is None:
            raise nothing_here()
        return found
    code = read_code(who)
    found = await store.find_by_code(conn, event_id, code)
    if found is None:
        raise UnknownCode(f"No registration of this event has the code {code[:20]}: look for the name instead.")
    return found
