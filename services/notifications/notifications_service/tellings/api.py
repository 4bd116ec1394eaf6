"""A person's own list of one cell, newest first; nobody else's, whatever they hold."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request

from access import Caller, Db, may
from notifications_service.mail import keeping
from notifications_service.mail.shown import Shown, shown
from notifications_service.places import served_cell
from notifications_service.tellings import store
from notifications_service.tellings.views import NotificationView, sources, view
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.problem import NotFound
from servicekit.web.addresses import CellName
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/cells/{cell}/notifications", tags=["notifications"])


@router.get("", dependencies=[may("read-notifications")])
async def read(cell: CellName, request: Request, db: Db, caller: Caller, paging: Paged) -> Page[NotificationView]:
    """What you were told by the networks of this cell, the newest first."""
    served_cell(request, cell)
    assert caller.person_id is not None
    below = paging.after[0] if paging.after else None
    async with db.reading(caller) as conn:
        items = await store.items(conn, cell, caller.person_id, below=below, limit=paging.limit + 1)
        known = await sources(conn, items[: paging.limit])
    page = paging.page(items, lambda item: [item.position])
    return Page(items=[view(item, known, cell, request) for item in page.items], next=page.next)


@router.post("/{notification_id}/read", dependencies=[may("mark-notification")])
async def mark_read(
    cell: CellName, notification_id: UUID, request: Request, db: Db, caller: Caller
) -> NotificationView:
    """Note that you have read it. Doing it again changes nothing. Errors: 404 not in your list."""
    served_cell(request, cell)
    assert caller.person_id is not None
    async with db.transaction(caller) as conn:
        item = await store.mark_read(conn, cell, caller.person_id, notification_id, at=clock.now())
        if item is None:
            raise NotFound("There is no such notification in your list.")
        known = await sources(conn, [item])
        return await keep(conn, view(item, known, cell, request))


class MailView(Shown):
    """The mail of the same telling, exactly as it left."""

    state: str
    told_at: datetime | None


class NotificationWhole(NotificationView):
    mail: MailView | None
    """null where none was written: not wanted, not sent yet, or from before mails were kept."""


@router.get("/{notification_id}", dependencies=[may("read-notifications")])
async def read_one(
    cell: CellName, notification_id: UUID, request: Request, db: Db, caller: Caller
) -> NotificationWhole:
    """One entry of your list, with its mail as it was sent, whatever changed since. Errors: 404 not in your list."""
    served_cell(request, cell)
    assert caller.person_id is not None
    async with db.reading(caller) as conn:
        item = await store.item(conn, cell, caller.person_id, notification_id)
        if item is None:
            raise NotFound("There is no such notification in your list.")
        known = await sources(conn, [item])
        kept = await keeping.find(conn, cell, caller.person_id, notification_id)
    mail = MailView(**shown(kept.written).model_dump(), state=kept.state, told_at=kept.told_at) if kept else None
    return NotificationWhole(**view(item, known, cell, request).model_dump(), mail=mail)
