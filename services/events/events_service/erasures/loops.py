"""Whoever registered at the very moment at which they were erased is taken off the list a few seconds later."""

import asyncio
from datetime import datetime

import structlog

from events_service.erasures import actions, store
from events_service.settings import EventsSettings
from servicekit import clock
from servicekit.consumers.apply import is_transient
from servicekit.database import Database
from servicekit.process import Work

log = structlog.get_logger(__name__)


async def cancel_what_came_late(work: Work[EventsSettings]) -> None:
    """Runs until told to stop; an absent database is waited for."""
    while not work.stopping.is_set():
        try:
            await look_once(work.db, at=clock.now())
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("erasures.database-unavailable", error=type(error).__name__)
        try:
            async with asyncio.timeout(work.settings.line_looked_through_seconds):
                await work.stopping.wait()
        except TimeoutError:
            continue


async def look_once(db: Database, *, at: datetime) -> int:
    """Returns how many registrations were cancelled."""
    async with db.reading() as conn:
        late = await store.late(conn, at=at)
    cancelled = 0
    for cell, person_id in late:
        async with db.transaction() as conn:
            cancelled += await actions.cancel_what_is_to_come(conn, cell, person_id, at=at)
    return cancelled
