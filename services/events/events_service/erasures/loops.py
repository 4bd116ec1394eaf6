"""Whoever registered at the very moment at which they were erased is taken off the list a few seconds later."""

from datetime import datetime

from events_service.erasures import actions, store
from events_service.settings import EventsSettings
from servicekit import clock
from servicekit.database import Database
from servicekit.process import Work
from servicekit.rounds import repeat


async def cancel_what_came_late(work: Work[EventsSettings]) -> None:
    """Runs until told to stop; an absent database is waited for."""

    async def once() -> None:
        await look_once(work.db, at=clock.now())

    every = work.settings.line_looked_through_seconds
    await repeat(once, work.stopping, every=every, waiting="erasures.database-unavailable")


async def look_once(db: Database, *, at: datetime) -> int:
    """Returns how many registrations were cancelled."""
    async with db.reading() as conn:
        late = await store.late(conn, at=at)
    cancelled = 0
    for cell, person_id in late:
        async with db.transaction() as conn:
            cancelled += await actions.cancel_what_is_to_come(conn, cell, person_id, at=at)
    return cancelled
