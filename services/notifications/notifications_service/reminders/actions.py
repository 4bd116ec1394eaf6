"""Plan reminders as dates come and go; when one is due, its telling is planned, and the rest is an announcement's."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog

from notifications_service.announcements import actions as announcements
from notifications_service.announcements import store as announced
from notifications_service.announcements.model import Announcement
from notifications_service.reminders import store
from notifications_service.reminders.model import TIMER, is_too_late, reminders
from notifications_service.tellings.model import Kind
from servicekit import clock, timers
from servicekit.database import Conn
from servicekit.timers import Timer

log = structlog.get_logger(__name__)


async def plan(conn: Conn, events: Sequence[UUID]) -> None:
    """Anchor the reminders of these events to their dates as they are now."""
    await timers.keep(
        conn,
        [
            Timer(
                kind=TIMER + reminder.lead,
                subject=str(anchor.event_id),
                name=reminder.cause,
                version=anchor.version,
                due_at=reminder.due_at,
            )
            for anchor in await store.anchors(conn, events)
            for reminder in reminders(anchor)
        ],
    )


async def remind(conn: Conn, timer: Timer, *, now: datetime, tell_from: datetime) -> None:
    """Begin to tell those who have a place; who they are is looked up once all that was sent by now has arrived."""
    assert timer.due_at is not None
    (anchor,) = await store.anchors(conn, [UUID(timer.subject)])
    if is_too_late(anchor.starts_at, now):
        log.warning("reminder.too-late", cause=timer.name)
        return
    announcement = Announcement(
        cause=timer.name,
        kind=Kind.EVENT_REMINDER,
        event_id=anchor.event_id,
        cell=anchor.cell,
        network=anchor.network,
        eligible_on=clock.london_day(timer.due_at),
        created_at=timer.due_at,
        next_at=now,
    )
    await announcements.plan(conn, announcement, before_start=timer.due_at < tell_from)


async def stop_old(conn: Conn, event_id: UUID, *, now: datetime) -> None:
    """Remind nobody more of a date that is no longer the event's."""
    for anchor in await store.anchors(conn, [event_id]):
        await announced.stop(conn, event_id, kinds=[Kind.EVENT_REMINDER], but=anchor.cause, now=now)
