"""Announce an event chunk by chunk: a chunk's rows in the ledger and the point to go on from commit together."""

from datetime import datetime
from uuid import UUID

from notifications_service.announcements import store
from notifications_service.announcements.model import Announcement
from notifications_service.tellings import actions as tellings
from notifications_service.tellings.model import Kind, Telling
from servicekit.database import Conn

CHUNK = 500
"""People told in one transaction: few enough that whoever waits for their turn to tell hardly notices."""


async def announce_some(conn: Conn, cause: str, *, now: datetime, chunk: int = CHUNK) -> int:
    """Tell the next people of one announcement; returns how many. 0 also where it is held elsewhere, or done."""
    announcement = await store.lock(conn, cause)
    if announcement is None:
        return 0
    people = await store.audience(conn, announcement, limit=chunk)
    told = await tellings.tell(
        conn,
        [
            Telling(
                cause=announcement.cause,
                person_id=person_id,
                kind=Kind.EVENT_ANNOUNCED,
                event_id=announcement.event_id,
                cell=announcement.cell,
                network=announcement.network,
            )
            for person_id in people
        ],
    )
    went = announcement.went_on(people[-1], at=now) if len(people) == chunk else announcement.went_through(at=now)
    await store.save(conn, went, told=told, now=now)
    return told


async def plan(conn: Conn, announcement: Announcement, *, before_start: bool) -> None:
    """Announce the event from now on; telling a cause again changes nothing."""
    await store.insert(conn, announcement, before_start=before_start)


async def stop(conn: Conn, event_id: UUID, *, now: datetime) -> None:
    """Announce the event to nobody more."""
    await store.stop(conn, event_id, now=now)
