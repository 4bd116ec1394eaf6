"""Registering as the actions see it: a group of one, whose refusal is raised."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from events_service.gatherings import store as gatherings
from events_service.registrations import actions
from events_service.registrations.actions import Lock, Wish
from events_service.registrations.store import Standing
from servicekit.database import Conn


async def register_one(
    conn: Conn,
    cell: str,
    event_id: UUID,
    person_id: UUID,
    *,
    id: UUID,
    draw_code: Callable[[], str],
    at: datetime,
    lock: Lock | None = None,
) -> Standing:
    """lock: waits for whoever holds the event, where it is not given."""
    wish = Wish(cell=cell, event_id=event_id, person_id=person_id, id=id)
    [outcome] = await actions.register(conn, [wish], draw_code=draw_code, at=at, lock=lock or gatherings.lock_one)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
