"""A published event is written down to be announced; going through the audience is work for a loop."""

from events_contracts import EventCancelled, EventPublished
from notifications_service.announcements import actions
from notifications_service.announcements.model import Announcement
from servicekit import clock
from servicekit.consumers import Delivery
from servicekit.database import Conn


async def announce_the_event(conn: Conn, published: Delivery[EventPublished]) -> None:
    event = published.data
    announcement = Announcement(
        cause=str(published.id),
        event_id=event.event_id,
        cell=published.cell,
        network=published.network,
        eligible_on=clock.london_day(event.published_at),
        networks=tuple(event.rule.networks),
        sectors=tuple(event.rule.sectors),
        job_roles=tuple(event.rule.job_roles),
        created_at=(now := clock.now()),
        next_at=now,
    )
    await actions.plan(conn, announcement, before_start=published.before_start)


async def stop_announcing_the_event(conn: Conn, cancelled: Delivery[EventCancelled]) -> None:
    """Whoever has not heard of it yet need not hear of it at all."""
    await actions.stop(conn, cancelled.data.event_id, now=clock.now())
