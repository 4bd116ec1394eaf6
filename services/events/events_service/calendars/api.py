"""Calendar addresses over HTTP: made and taken back with a token, read by whoever knows the secret in the path."""

import hashlib
import secrets
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel

from access import Caller, Db, anyone, directory, may
from access.guard import Place
from events_service.calendars import actions, feed, store
from events_service.calendars.model import AddressNotToldAgain, Calendar, draw_secret
from events_service.edge import Body, Person, ServedCell, served_cell
from servicekit import clock
from servicekit.idempotency import Replayed, keep
from servicekit.ids import new_id
from servicekit.problem import NothingHere
from servicekit.web import Cursors, Page, Paged
from servicekit.web.addresses import CellName
from servicekit.web.media import file_of
from servicekit.web.paging import BadCursor

router = APIRouter(prefix="/api/v1/cells/{cell}/calendars", tags=["calendars"], dependencies=[Depends(served_cell)])
public = APIRouter(prefix="/api/v1/cells/{cell}/calendars", tags=["calendars"])

LONGEST_SECRET = 2000
"""More than any that was drawn has, and as much as an address can well hold; what is not ours is not found."""


class MakeCalendar(Body):
    network_id: UUID | None = None
    """The network whose events it tells; null: your own registrations."""


class CalendarView(BaseModel):
    id: UUID
    cell: str
    network_id: UUID | None
    """Null: your own registrations."""
    made_at: datetime
    address: str | None
    """Where a calendar program finds it; whoever knows it can read it. Told once, when it is made."""
    url: str

    @classmethod
    def of(cls, calendar: Calendar, address: str | None = None) -> Self:
        return cls(
            id=calendar.id,
            cell=calendar.cell,
            network_id=calendar.network_id,
            made_at=calendar.made_at,
            address=address,
            url=f"/api/v1/cells/{calendar.cell}/calendars/{calendar.id}",
        )


async def place_of_new(cell: ServedCell, db: Db, person: Person, body: MakeCalendar | None = None) -> Place:
    """The network whose calendar it is to be; one's own is one's own."""
    return await _place(db, person, body.network_id if body else None)


async def place_of_listed(
    cell: ServedCell, db: Db, person: Person, network: Annotated[UUID | None, Query()] = None
) -> Place:
    return await _place(db, person, network)


async def place_of_calendar(cell: ServedCell, calendar_id: UUID, db: Db, caller: Caller) -> Place:
    async with db.reading(caller) as conn:
        calendar = await store.get(conn, cell, calendar_id)
        if calendar.network_id is None:
            return Place("", owner=calendar.person_id)
        return Place((await directory.network(conn, calendar.network_id)).path)


async def _place(db: Db, person: UUID, network_id: UUID | None) -> Place:
    if network_id is None:
        return Place("", owner=person)
    async with db.reading() as conn:
        return Place((await directory.network(conn, network_id)).path)


@router.post("", status_code=201, dependencies=[may("make-calendar", at=place_of_new)])
async def make(
    cell: ServedCell, db: Db, caller: Caller, person: Person, request: Request, body: MakeCalendar | None = None
) -> CalendarView:
    """Make a calendar address. Errors: 409 too many, or the network is not known here yet; 422 of another cell."""
    network_id = body.network_id if body else None
    secret = draw_secret(secrets.token_bytes)
    calendar = Calendar(
        id=new_id(),
        cell=cell,
        person_id=person if network_id is None else None,
        network_id=network_id,
        made_at=clock.now(),
    )
    cursors: Cursors = request.app.state.cursors
    try:
        async with db.transaction(caller) as conn:
            await actions.make(conn, calendar, secret=secret)
            # Kept sealed for whoever repeats the request: nothing that lies in the database opens a calendar.
            await keep(conn, CalendarView.of(calendar, cursors.encode([secret], _seal(calendar.id))), status=201)
    except Replayed as before:
        raise _unsealed(before, cursors, request) from None
    return CalendarView.of(calendar, _address(request, cell, secret))


@router.get("", dependencies=[may("read-calendars", at=place_of_listed)])
async def read_all(
    cell: ServedCell,
    db: Db,
    caller: Caller,
    person: Person,
    paging: Paged,
    network: Annotated[UUID | None, Query()] = None,
) -> Page[CalendarView]:
    """The caller's own calendars, or a network's; the addresses themselves are not told again."""
    async with db.reading(caller) as conn:
        found = await store.listed(
            conn,
            cell,
            person_id=person if network is None else None,
            network_id=network,
            after=(paging.after[0], paging.after[1]) if paging.after else None,
            limit=paging.limit + 1,
        )
    page = paging.page(found, lambda one: (one.made_at, one.id))
    return Page(items=[CalendarView.of(calendar) for calendar in page.items], next=page.next)


@router.delete("/{calendar_id}", status_code=204, dependencies=[may("end-calendar", at=place_of_calendar)])
async def end(cell: ServedCell, calendar_id: UUID, db: Db, caller: Caller) -> None:
    """Take the address back: whoever asks it from now on is told that there is nothing."""
    async with db.transaction(caller) as conn:
        await actions.end(conn, calendar_id)


@public.get("/{secret}.ics", dependencies=[anyone()], response_class=Response, responses=file_of("text/calendar"))
async def read_feed(
    cell: CellName,
    secret: Annotated[str, Path(max_length=LONGEST_SECRET)],
    db: Db,
    request: Request,
    if_none_match: Annotated[str | None, Header(max_length=2000)] = None,
) -> Response:
    """The feed, as text/calendar. Errors: 404, the same for an address taken back and for one that never was."""
    if not request.app.state.cells.serves(cell):
        raise NothingHere
    body = feed.rendered(await actions.read(db, cell, secret, at=clock.now()))
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if _is_known(tag, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(
        body, headers=headers | {"content-disposition": 'inline; filename="guildhall.ics"'}, media_type=feed.MEDIA_TYPE
    )


def _is_known(tag: str, if_none_match: str | None) -> bool:
    """Whether the client has it already; weak tags count as well (RFC 9110, 13.1.2)."""
    given = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    return tag in given or given == ["*"]


def _address(request: Request, cell: str, secret: str) -> str:
    public_url = str(request.app.state.settings.public_url).rstrip("/")
    return f"{public_url}/api/v1/cells/{cell}/calendars/{secret}.ics"


def _seal(calendar_id: UUID) -> str:
    return f"calendar {calendar_id}"


def _unsealed(before: Replayed, cursors: Cursors, request: Request) -> Replayed:
    """The stored answer with its address in place of the sealed secret, whose key may have been taken away since."""
    view: dict[str, Any] = orjson.loads(before.body)
    try:
        (secret,) = cursors.decode(view["address"], _seal(UUID(view["id"])))
    except BadCursor:
        raise AddressNotToldAgain("The address was told once, and cannot be told again: make another.") from None
    view["address"] = _address(request, view["cell"], secret)
    return Replayed(before.status, orjson.dumps(view), before.headers)
