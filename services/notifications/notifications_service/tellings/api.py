"""A person's own list of one cell, newest first; nobody else's, whatever they hold."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from access import Caller, Db, may
from notifications_service.gatherings import store as gatherings
from notifications_service.gatherings.store import Known
from notifications_service.mail.wording import Wordings, event_url
from notifications_service.places import served_cell
from notifications_service.tellings import store
from notifications_service.tellings.model import SHOWS_THE_CODE
from notifications_service.tellings.store import Item
from servicekit import clock
from servicekit.database import Conn
from servicekit.idempotency import keep
from servicekit.problem import NotFound
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/cells/{cell}/notifications", tags=["notifications"])


class NotificationView(BaseModel):
    id: UUID
    url: str
    kind: str
    title: str
    text: str
    """Plain text, in lines."""
    event_id: UUID | None
    event_url: str | None
    told_at: datetime
    read: bool


@router.get("", dependencies=[may("read-notifications")])
async def read(cell: str, request: Request, db: Db, caller: Caller, paging: Paged) -> Page[NotificationView]:
    """What you were told by the networks of this cell, the newest first."""
    served_cell(request, cell)
    assert caller.person_id is not None
    below = paging.after[0] if paging.after else None
    async with db.reading(caller) as conn:
        items = await store.items(conn, cell, caller.person_id, below=below, limit=paging.limit + 1)
        known = await _events_of(conn, items[: paging.limit])
    page = paging.page(items, lambda item: [item.position])
    return Page(items=[_view(item, known, cell, request) for item in page.items], next=page.next)


@router.post("/{notification_id}/read", dependencies=[may("mark-notification")])
async def mark_read(cell: str, notification_id: UUID, request: Request, db: Db, caller: Caller) -> NotificationView:
    """Note that you have read it. Doing it again changes nothing. Errors: 404 not in your list."""
    served_cell(request, cell)
    assert caller.person_id is not None
    async with db.transaction(caller) as conn:
        item = await store.mark_read(conn, cell, caller.person_id, notification_id, at=clock.now())
        if item is None:
            raise NotFound("There is no such notification in your list.")
        known = await _events_of(conn, [item])
        return await keep(conn, _view(item, known, cell, request))


Events = Mapping[tuple[UUID, int | None], Known]


async def _events_of(conn: Conn, items: list[Item]) -> Events:
    wanted = {(item.event_id, item.event_version) for item in items if item.event_id is not None}
    return await gatherings.known(conn, list(wanted))


def _view(item: Item, known: Events, cell: str, request: Request) -> NotificationView:
    wordings: Wordings = request.app.state.wordings
    public_url: str = request.app.state.settings.public_url
    place = str(item.place_in_line) if item.place_in_line is not None else None
    wording = wordings.of(
        item.kind,
        known.get((item.event_id, item.event_version)) if item.event_id else None,
        code=item.code if item.kind in SHOWS_THE_CODE else None,
        place=place,
    )
    return NotificationView(
        id=item.id,
        url=f"/api/v1/cells/{cell}/notifications/{item.id}",
        kind=item.kind,
        title=wording.subject,
        text=wording.brief,
        event_id=item.event_id,
        event_url=event_url(public_url, cell, item.event_id) if item.event_id else None,
        told_at=item.told_at,
        read=item.read_at is not None,
    )
