"""Unsubscribing by one click (RFC 8058): a GET shows a page and changes nothing, a POST does it, without a sign-in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse

from access import Db, anyone
from access.directory import networks
from notifications_service.places import served_cell
from notifications_service.preferences import actions, store
from notifications_service.preferences.model import Word
from notifications_service.tellings.model import Channel
from notifications_service.unsubscribe.forms import Holder, Outcome, posted
from notifications_service.unsubscribe.model import LONGEST, BadLink, Links, Unsubscribe
from notifications_service.unsubscribe.pages import Button, Pages
from servicekit import clock
from servicekit.database import Conn
from servicekit.idempotency import keep
from servicekit.subjects import erased
from servicekit.web.addresses import CellName
from servicekit.web.media import button, page

router = APIRouter(prefix="/api/v1/cells/{cell}/unsubscribe", tags=["unsubscribe"])

SERVICE = "Your mail"
UNSUBSCRIBE, UNDO = Button("Unsubscribe", "unsubscribe"), Button("Undo: send me these again", "undo", secondary=True)

WORDS = {
    "event-announced": "announcements of events",
    "announcement": "announcements",
    "event-reminder": "reminders of events",
}
"""What mails of a kind are called; else the kind's own name."""

Token = Annotated[str, Path(max_length=LONGEST)]


async def opened(cell: CellName, token: Token, request: Request) -> Unsubscribe | BadLink:
    """The link, or why it does not work."""
    served_cell(request, cell)
    links: Links = request.app.state.links
    try:
        return links.unsubscribe(token, cell=cell, today=clock.today())
    except BadLink as refusal:
        return refusal


Link = Annotated[Unsubscribe | BadLink, Depends(opened)]


@router.get("/{token}", response_class=HTMLResponse, responses=page(), dependencies=[anyone()])
async def ask(request: Request, db: Db, link: Link) -> HTMLResponse:
    """The page with the button; mail scanners fetch every link, so this changes nothing."""
    if isinstance(link, BadLink):
        return refused(request, link)
    async with db.reading(Holder(link.person_id)) as conn:
        what, network = _called(link), await _network(conn, link)
        still = await _still_wanted(conn, link)
    if not still:
        return _answered(request, what, network)
    return pages(request).show(
        f"Unsubscribe from {what}",
        f"You will get no more mails with {what} of {network}.",
        service=SERVICE,
        action=request.url.path,
        note="Mails about your own registrations still come, and you still see everything when you sign in.",
        buttons=[UNSUBSCRIBE],
    )


@router.post(
    "/{token}",
    response_class=HTMLResponse,
    responses=page(),
    openapi_extra=button("unsubscribe", "undo"),
    dependencies=[anyone()],
)
async def act(request: Request, db: Db, link: Link) -> HTMLResponse:
    """Do it, or take it back; again changes nothing. Errors: 404 a link that does not work, 422 nothing asked for."""
    if isinstance(link, BadLink):
        return refused(request, link)
    form = await posted(request)
    undo = form.get("action") == "undo"
    if not undo and form.get("List-Unsubscribe") != "One-Click" and form.get("action") != "unsubscribe":
        return _unasked(request)
    try:
        async with db.transaction(Holder(link.person_id)) as conn:
            await _refuse_erased(conn, link)
            what, network = _called(link), await _network(conn, link)
            await _say(conn, link, wanted=undo)
            await keep(conn, Outcome(done="subscribed" if undo else "unsubscribed"))
    except BadLink as refusal:
        return refused(request, refusal)
    if undo:
        return pages(request).show(
            "You are subscribed again", f"You will get mails with {what} of {network}.", service=SERVICE, done=True
        )
    return _answered(request, what, network)


async def _refuse_erased(conn: Conn, link: Unsubscribe) -> None:
    """Raises BadLink: nothing more is written down of somebody who is forgotten."""
    if await erased(conn, [link.person_id]):
        raise BadLink("Nothing is known of whoever it was sent to any more: no mail is sent there.")


async def _say(conn: Conn, link: Unsubscribe, *, wanted: bool) -> None:
    word = Word(kind=link.kind, channel=Channel.EMAIL, network_id=link.network_id, wanted=wanted)
    await store.lock(conn, link.person_id)
    held = await store.held(conn, link.person_id)
    if all(standing != word for standing in held.standing):
        await actions.say(conn, link.person_id, [word], held=held, now=clock.now())


async def _still_wanted(conn: Conn, link: Unsubscribe) -> bool:
    held = await store.held(conn, link.person_id)
    word = Word(kind=link.kind, channel=Channel.EMAIL, network_id=link.network_id, wanted=False)
    return word not in held.standing


async def _network(conn: Conn, link: Unsubscribe) -> str:
    if link.network_id is None:
        return "all networks"
    found = await networks(conn, [link.network_id])
    return f"{found[link.network_id].name} and all networks below it" if link.network_id in found else "this network"


def _called(link: Unsubscribe) -> str:
    return WORDS.get(link.kind, link.kind.replace("-", " ") + "s")


def _answered(request: Request, what: str, network: str) -> HTMLResponse:
    return pages(request).show(
        "You are unsubscribed",
        f"You will get no more mails with {what} of {network}. A mail that is on its way may still arrive.",
        service=SERVICE,
        action=request.url.path,
        buttons=[UNDO],
        done=True,
    )


def _unasked(request: Request) -> HTMLResponse:
    return pages(request).show(
        "Nothing was changed",
        "The request did not say what to do. Open the link from the mail again, and use the button.",
        service=SERVICE,
        status=422,
    )


def refused(request: Request, why: BadLink) -> HTMLResponse:
    """The link does not work, and why, in words; nothing was changed."""
    return pages(request).show(why.title, why.detail, service=SERVICE, status=why.status)


def pages(request: Request) -> Pages:
    found: Pages = request.app.state.pages
    return found
