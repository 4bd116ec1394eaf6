"""While a place is free and somebody waits, the line is looked through: a membership may have begun, or come back."""

from datetime import datetime

from events_service.gatherings import store as gatherings
from events_service.registrations import actions
from events_service.settings import EventsSettings
from servicekit import clock
from servicekit.database import Database
from servicekit.process import Work
from servicekit.rounds import repeat


async def fill_free_places(work: Work[EventsSettings]) -> None:
    """Runs until told to stop; an absent database is waited for."""

    async def once() -> None:
        await look_through_once(work.db, at=clock.now())

    every = work.settings.line_looked_through_seconds
    await repeat(once, work.stopping, every=every, waiting="line.database-unavailable")


async def look_through_once(db: Database, *, at: datetime) -> None:
    """Each event in a transaction of its own, so that none waits for another's lock."""
    async with db.reading() as conn:
        events = await gatherings.with_places_to_give(conn, at=at)
    for cell, event_id in events:
        async with db.transaction() as conn:
            await actions.fill_free_places(conn, cell, event_id, at=at)
