"""Joining links over HTTP: given by those who prepare the event, shown to those with a place when it is nearly time."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from access import Caller, Db, Principal, may
from access.guard import Place
from access.policy import Freshness, allows
from events_service.edge import Body, Freshly, ServedCell, deciding_cells, network_of_event, served_cell
from events_service.gatherings import store as gatherings
from events_service.gatherings.model import Event
from events_service.joining import actions, store
from events_service.joining.model import JoiningLink, NoLinkYet, refuse_to_show, shown_from
from events_service.registrations import lookups
from events_service.registrations.model import NotConfirmed, Status
from servicekit import clock
from servicekit.web import ExpectedVersion, set_etag

router = APIRouter(
    prefix="/api/v1/cells/{cell}/events/{event_id}/joining-link",
    tags=["joining"],
    dependencies=[Depends(served_cell)],
)

READ = "read-joining-link"


class GiveLink(Body):
    link: Annotated[str, Field(min_length=1, max_length=2_000, json_schema_extra={"pattern": "^https://"})]


class JoiningLinkView(BaseModel):
    event_id: UUID
    link: str | None
    """Null until one is given; told to those who hold the event."""
    shown_from: datetime
    """When those with a place begin to see it."""
    version: int

    @classmethod
    def of(cls, joining: JoiningLink, event: Event, shown_before: timedelta) -> Self:
        return cls(
            event_id=event.id,
            link=joining.link,
            shown_from=shown_from(event, shown_before=shown_before),
            version=joining.version,
        )


def hours_before(request: Request) -> timedelta:
    return timedelta(hours=request.app.state.settings.joining_link_shown_hours)


ShownBefore = Annotated[timedelta, Depends(hours_before)]


async def place_of_link(cell: ServedCell, event_id: UUID, db: Db, caller: Caller) -> Place:
    """The network that holds the event; whoever has a place, or waits for one, asks for what is their own."""
    async with db.reading(caller) as conn:
        path = await gatherings.network_path(conn, cell, event_id)
        own = await lookups.find_live(conn, event_id, caller.person_id) if caller.person_id else None
    return Place(path, owner=own.person_id if own else None)


@router.put("", dependencies=[may("change-event", at=network_of_event)])
async def give(
    cell: ServedCell,
    event_id: UUID,
    body: GiveLink,
    seen: ExpectedVersion,
    db: Db,
    caller: Caller,
    shown_before: ShownBefore,
    response: Response,
) -> JoiningLinkView:
    """Give the joining link. Errors: 409 cancelled, over, or not online; 412 changed meanwhile; 422 not a link."""
    async with db.transaction(caller) as conn:
        joining = await actions.give(conn, cell, event_id, body.link, seen=seen, at=clock.now())
        event = await gatherings.get(conn, cell, event_id)
    set_etag(response, joining.version)
    return JoiningLinkView.of(joining, event, shown_before)


@router.get("", dependencies=[may(READ, at=place_of_link)])
async def read(
    cell: ServedCell,
    event_id: UUID,
    db: Db,
    caller: Caller,
    freshly: Freshly,
    shown_before: ShownBefore,
    response: Response,
) -> JoiningLinkView:
    """The joining link. Errors: 404 not for you; 409 no place yet, too early, over, cancelled, or none given."""
    async with db.reading(caller) as conn:
        event = await gatherings.get(conn, cell, event_id)
        joining = await store.get(conn, event_id)
        own = await lookups.find_live(conn, event_id, caller.person_id) if caller.person_id else None
    if not _holds(caller, event, freshly):
        if own is None or own.status is not Status.CONFIRMED:
            raise NotConfirmed("The joining link is for those with a place; you are on the waiting list.")
        refuse_to_show(event, at=clock.now(), shown_before=shown_before)
        if joining.link is None:
            raise NoLinkYet("The organisers have not given the joining link yet; look again nearer the time.")
    set_etag(response, joining.version)
    return JoiningLinkView.of(joining, event, shown_before)


def _holds(caller: Principal, event: Event, freshly: Freshness) -> bool:
    return allows(caller, READ, event.network_path) and not freshly.stale(caller, deciding_cells(event.cell))
