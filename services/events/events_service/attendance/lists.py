"""Attendance lists over HTTP, for those who hold the event: page by page, or as one file of bounded length."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from access import Caller, Db, may
from events_service.attendance import listing, spreadsheet
from events_service.attendance.listing import Asked, Attendee
from events_service.edge import ServedCell, network_of_event, served_cell
from events_service.gatherings import store as gatherings
from events_service.gatherings.model import Event
from events_service.registrations.model import Status, url
from servicekit import clock
from servicekit.clock import london_day
from servicekit.problem import Conflict
from servicekit.web import Page, Paged
from servicekit.web.media import file_of

router = APIRouter(
    prefix="/api/v1/cells/{cell}/events/{event_id}", tags=["attendance"], dependencies=[Depends(served_cell)]
)

MOST_IN_A_FILE = 5_000


class TooManyForOneFile(Conflict):
    code = "too-many-for-one-file"
    title = "That is more than one file holds"


class AttendeeView(BaseModel):
    registration_id: UUID
    person_id: UUID
    given_name: str | None
    """Null until it is known here."""
    family_name: str | None
    network: str | None
    """Of their main membership on the day of the event; null where your grants do not reach it."""
    status: str
    """confirmed, waiting or cancelled."""
    registered_at: datetime
    waited: bool
    attended_at: datetime | None
    """When they were checked in."""
    url: str

    @classmethod
    def of(cls, cell: str, attendee: Attendee) -> Self:
        return cls(
            registration_id=attendee.registration_id,
            person_id=attendee.person_id,
            given_name=attendee.given_name,
            family_name=attendee.family_name,
            network=attendee.network,
            status=attendee.status.value,
            registered_at=attendee.registered_at,
            waited=attendee.waited,
            attended_at=attendee.attended_at,
            url=url(cell, attendee.registration_id),
        )


def asked_for(
    status: Annotated[Status | None, Query()] = None, attended: Annotated[bool | None, Query()] = None
) -> Asked:
    return Asked(status=status, attended=attended)


AskedFor = Annotated[Asked, Depends(asked_for)]


@router.get("/attendance", dependencies=[may("read-attendance", at=network_of_event)])
async def read(
    cell: ServedCell, event_id: UUID, db: Db, caller: Caller, paging: Paged, asked: AskedFor
) -> Page[AttendeeView]:
    """Who registered and who was there, by name. status, attended: only those."""
    async with db.reading(caller) as conn:
        event = await gatherings.get(conn, cell, event_id)
        found = await listing.page(
            conn,
            event_id,
            asked,
            on=_day(event),
            after=(paging.after[0], paging.after[1]) if paging.after else None,
            limit=paging.limit + 1,
        )
    page = paging.page(found, lambda attendee: attendee.position)
    return Page(items=[AttendeeView.of(cell, attendee) for attendee in page.items], next=page.next)


@router.get(
    "/attendance.csv",
    dependencies=[may("read-attendance", at=network_of_event)],
    response_class=Response,
    responses=file_of("text/csv"),
)
async def read_file(cell: ServedCell, event_id: UUID, db: Db, caller: Caller, asked: AskedFor) -> Response:
    """The same as text/csv, whole. Errors: 409 longer than a file may be."""
    async with db.reading(caller) as conn:
        event = await gatherings.get(conn, cell, event_id)
        found = await listing.page(conn, event_id, asked, on=_day(event), after=None, limit=MOST_IN_A_FILE + 1)
    if len(found) > MOST_IN_A_FILE:
        raise TooManyForOneFile(
            f"A file holds {MOST_IN_A_FILE:,} people: ask for one status, for those who were there, or page by page.",
            most=MOST_IN_A_FILE,
        )
    headers = {
        "content-disposition": f'attachment; filename="attendance-{event_id}.csv"',
        "cache-control": "private, no-store",
    }
    body = spreadsheet.written(found, zone=event.plan.when.zone)
    return Response(body, media_type=spreadsheet.MEDIA_TYPE, headers=headers)


def _day(event: Event) -> date:
    """The day whose memberships are told: the event's last one, or today as long as that is to come."""
    return london_day(min(clock.now(), event.plan.when.ends_at))
