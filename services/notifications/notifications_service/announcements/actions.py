"""Tell many people chunk by chunk: a chunk's rows in the ledger and the point to go on from commit together."""

from datetime import datetime
from uuid import UUID

from notifications_service.announcements import store
from notifications_service.announcements.model import Announcement
from notifications_service.tellings import store as ledger
from notifications_service.tellings.many import tell_many
from notifications_service.tellings.model import Audience, Kind
from servicekit.database import Conn

CHUNK = 2000
"""People told in one transaction, in a tenth of a second: so long does whoever waits for their turn to tell wait."""

OF_AN_EVENT = (Kind.EVENT_ANNOUNCED, Kind.EVENT_REMINDER)


async def announce_some(conn: Conn, announcement: Announcement, *, now: datetime, chunk: int = CHUNK) -> int:
    """Tell the next people of one announcement; returns how many. 0 also where it is held elsewhere, or done.

    The turn comes before the announcement's row: whoever stops it has the turn already.
    """
    await ledger.take_turn(conn, [announcement.cell])
    held = await store.lock(conn, announcement.cause)
    if held is None:
        return 0
    audience = await _audience(conn, held, limit=chunk)
    told = await tell_many(conn, held.notice, audience, told_before=held.told)
    full = len(audience.people) == chunk
    went = held.went_on(audience.people[-1], told=told, at=now) if full else held.went_through(told=told, at=now)
    await store.save(conn, went, now=now)
    return told


async def _audience(conn: Conn, announcement: Announcement, *, limit: int) -> Audience:
    if announcement.kind is Kind.EVENT_REMINDER:
        return await store.registrants(conn, announcement, limit=limit)
    meant = await store.networks_meant(conn, announcement.networks)
    return await store.members(conn, announcement, meant, limit=limit)


async def plan(conn: Conn, announcement: Announcement, *, before_start: bool) -> None:
    """Announce it from now on; telling a cause again changes nothing."""
    await store.insert(conn, announcement, before_start=before_start)


async def stop(conn: Conn, event_id: UUID, *, now: datetime) -> None:
    """Announce the event to nobody more, and remind nobody of it."""
    await store.stop(conn, event_id, kinds=OF_AN_EVENT, now=now)
