"""A partner reads its stream from where it stopped; whether it may is judged anew each time."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from access import Caller, Db, may
from access.principal import Principal
from notifications_service.erasures import store as erasures
from notifications_service.places import served_cell
from notifications_service.streams import actions, store
from notifications_service.streams.model import Agreement, nothing_here
from notifications_service.streams.views import SignalView
from servicekit import clock
from servicekit.database import Conn
from servicekit.database.pool import admit
from servicekit.feeds import check_position, last_position
from servicekit.web.addresses import CellName
from servicekit.web.paging import DEFAULT, MOST, Cursors

router = APIRouter(prefix="/api/v1/cells/{cell}/subscriptions", tags=["streams"])


class StreamView(BaseModel):
    items: list[SignalView]
    next: str
    """What to send as `after` next time; good for as long as what follows it is kept."""


@router.get("/{agreement_id}/signals", dependencies=[may("read-stream")])
async def read(
    cell: CellName,
    agreement_id: UUID,
    request: Request,
    db: Db,
    caller: Caller,
    after: Annotated[str | None, Query(max_length=1024)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = DEFAULT,
) -> StreamView:
    """The signals after a cursor, oldest first. Without one: from the oldest that is kept.

    Errors: 404 no agreement of yours, 403 not begun, 410 ended or the cursor too old, 422 no cursor of this stream.
    """
    served_cell(request, cell)
    cursors: Cursors = request.app.state.cursors
    position = cursors.decode(after, purpose(agreement_id))[0] if after else None
    async with db.reading(caller) as conn:
        agreement = await agreement_of(conn, caller, cell, agreement_id)
        agreement.refuse_unless_live(today=clock.today())
        # The end before the items: what is appended in between is read, never skipped.
        last = await last_position(conn, actions.feed(agreement_id))
        oldest = await store.oldest(conn, agreement_id) or last + 1
        start = oldest - 1 if position is None else position
        check_position(start, oldest=oldest, last=last)
        has_read_on = position is not None and await erasures.is_unacknowledged(conn, agreement_id, upto=position)
        found = await store.items(conn, agreement_id, after=start, limit=limit)
    if has_read_on:
        await _take_note(db, caller, agreement_id, upto=start)
    end = found[-1].position if found else start
    return StreamView(
        items=[SignalView.of(item, agreement) for item in found],
        next=cursors.encode([end], purpose(agreement_id)),
    )


async def _take_note(db: Db, caller: Principal, agreement_id: UUID, *, upto: int) -> None:
    """Whoever asks for what follows has what comes before: so they know who is erased."""
    async with db.transaction(caller) as conn:
        await admit(conn, agreement_id)
        await erasures.note_read(conn, agreement_id, upto=upto, now=clock.now())


async def agreement_of(conn: Conn, caller: Principal, cell: str, agreement_id: UUID) -> Agreement:
    """The caller's agreement, whose items this transaction may see from now on. Raises NotFound."""
    agreement = await store.find(conn, cell, agreement_id)
    if agreement is None or (agreement.issuer, agreement.client_id) != (caller.issuer, caller.client_id):
        raise nothing_here()
    await admit(conn, agreement_id)
    return agreement


def purpose(agreement_id: UUID) -> str:
    """What a cursor of this stream is good for."""
    return f"stream of agreement {agreement_id}"
