"""Whether mail reaches a person, and the link by which they say that it does again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from access import Caller, Db, anyone, may
from notifications_service.addresses import actions
from notifications_service.addresses.actions import LinkUsed
from notifications_service.addresses.model import Hashes
from notifications_service.places import served_cell
from notifications_service.unsubscribe.api import Token, pages, refused
from notifications_service.unsubscribe.forms import Holder, Outcome, posted
from notifications_service.unsubscribe.model import BadLink, Confirmation, Links
from notifications_service.unsubscribe.pages import Button
from servicekit import clock
from servicekit.cells import Cells
from servicekit.idempotency import keep
from servicekit.web.addresses import CellName
from servicekit.web.media import button, page

router = APIRouter(prefix="/api/v1/cells/{cell}/preferences", tags=["preferences"])

SERVICE = "Your mail"


class AddressView(BaseModel):
    """Of your present address; the address itself stands in your profile."""

    suppressed: bool
    reason: str | None = None
    """hard-bounce, soft-bounces or complaint."""
    since: datetime | None = None


class Asked(BaseModel):
    asked: bool = True


@router.get("/address", dependencies=[may("confirm-address")])
async def read_address(cell: CellName, request: Request, db: Db, caller: Caller) -> AddressView:
    """Whether mail is sent to your address."""
    served_cell(request, cell)
    assert caller.person_id is not None
    hashes: Hashes = request.app.state.hashes
    async with db.reading(caller) as conn:
        standing = await actions.suppressed(conn, caller.person_id, hashes)
    if standing is None:
        return AddressView(suppressed=False)
    return AddressView(suppressed=True, reason=standing.reason, since=standing.changed_at)


@router.post("/address/confirm", status_code=202, dependencies=[may("confirm-address")])
async def ask(cell: CellName, request: Request, db: Db, caller: Caller) -> Asked:
    """Have a link mailed to your address, once an hour at most. Errors: 409 mail is sent there already."""
    served_cell(request, cell)
    assert caller.person_id is not None
    cells: Cells = request.app.state.cells
    async with db.transaction(caller) as conn:
        await actions.ask(
            conn,
            caller.person_id,
            hashes=request.app.state.hashes,
            cell=cell,
            network=cells.all[cell].root,
            now=clock.now(),
        )
        return await keep(conn, Asked(), status=202)


async def opened(cell: CellName, token: Token, request: Request) -> Confirmation | BadLink:
    """The link, or why it does not work."""
    served_cell(request, cell)
    links: Links = request.app.state.links
    try:
        return links.confirmation(token, cell=cell, today=clock.today())
    except BadLink as refusal:
        return refusal


Link = Annotated[Confirmation | BadLink, Depends(opened)]


@router.get("/confirm/{token}", response_class=HTMLResponse, responses=page(), dependencies=[anyone()])
async def show(request: Request, link: Link) -> HTMLResponse:
    """The page with the button; it changes nothing."""
    if isinstance(link, BadLink):
        return refused(request, link)
    return pages(request).show(
        "Confirm your e-mail address",
        "Mail to this address came back, so we stopped sending any. Confirm it, and mail comes again.",
        service=SERVICE,
        action=request.url.path,
        buttons=[Button("Confirm this address", "confirm")],
    )


@router.post(
    "/confirm/{token}",
    response_class=HTMLResponse,
    responses=page(),
    openapi_extra=button("confirm"),
    dependencies=[anyone()],
)
async def confirm(request: Request, db: Db, link: Link) -> HTMLResponse:
    """Confirm, once. Errors: 404 a link that does not work, 422 used before, or nothing asked for."""
    if isinstance(link, BadLink):
        return refused(request, link)
    if (await posted(request)).get("action") != "confirm":
        return pages(request).show(
            "Nothing was changed", "Open the link from the mail again, and use the button.", service=SERVICE, status=422
        )
    try:
        async with db.transaction(Holder(link.person_id)) as conn:
            await actions.confirm(conn, link.person_id, link.address, version=link.version, now=clock.now())
            await keep(conn, Outcome(done="confirmed"))
    except LinkUsed as refusal:
        return pages(request).show(refusal.title, refusal.detail, service=SERVICE, status=refusal.status)
    return pages(request).show("Your address is confirmed", "Mail comes again.", service=SERVICE, done=True)
