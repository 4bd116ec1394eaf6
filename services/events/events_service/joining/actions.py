"""The verbs of joining links: given under the event's lock, and told to nobody by a signal."""

from datetime import datetime
from uuid import UUID

from events_service.gatherings import store as gatherings
from events_service.joining import store
from events_service.joining.model import JoiningLink, checked, refuse_unless_online
from servicekit.database import Conn


async def give(conn: Conn, cell: str, event_id: UUID, link: str, *, seen: int, at: datetime) -> JoiningLink:
    """Give the link, or another one. seen: the version that was looked at, 0 where there was none."""
    event = await gatherings.lock(conn, cell, event_id)
    event.refuse_if_cancelled()
    event.refuse_if_over(at)
    refuse_unless_online(event)
    given = (await store.get(conn, event_id)).another(checked(link), seen=seen)
    await store.save(conn, given)
    return given
