"""Regular attendance over HTTP: a lead sees the members of their network, everybody else themselves."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from access import Caller, Db, directory, may
from access.guard import Place
from events_service.edge import Person, ServedCell, served_cell
from events_service.meetings import store
from events_service.meetings.model import Attendance, Regularity, twelve_months_before
from servicekit import clock
from servicekit.clock import london_day
from servicekit.database import admit
from servicekit.problem import NothingHere
from servicekit.web import Page, Paged

router = APIRouter(prefix="/api/v1/cells/{cell}/meetings", tags=["meetings"], dependencies=[Depends(served_cell)])

READ = "read-meeting-attendance"


class RegularityView(BaseModel):
    network_id: UUID
    since: date
    """The first day that counts, twelve months back."""
    meetings: int
    """Meetings that the network held while this person was a member of it."""
    attended: int
    percent: float | None
    """Null where there was no meeting."""
    regularity: Regularity
    """met: at least 75 % of them; not-met; or nothing-to-judge."""

    @classmethod
    def of(cls, network_id: UUID, since: date, attendance: Attendance) -> Self:
        return cls(
            network_id=network_id,
            since=since,
            meetings=attendance.meetings,
            attended=attendance.attended,
            percent=attendance.percent,
            regularity=attendance.regularity,
        )


class MemberView(RegularityView):
    person_id: UUID
    given_name: str | None
    """Null until it is known here."""
    family_name: str | None


async def network_asked_about(cell: ServedCell, network: Annotated[UUID, Query()], db: Db) -> str:
    """The path of the network in the query. Raises NotYetKnown, NotFound where it belongs to another cell."""
    async with db.reading() as conn:
        found = await directory.network(conn, network)
    if found.cell != cell:
        raise NothingHere
    return found.path


async def oneself(person: Person) -> Place:
    """Whatever lies there is the caller's own."""
    return Place("", owner=person)


@router.get("/attendance", dependencies=[may(READ, at=network_asked_about)])
async def read(
    cell: ServedCell, network: Annotated[UUID, Query()], db: Db, caller: Caller, paging: Paged
) -> Page[MemberView]:
    """Every present member of the network, and how many of its own meetings of twelve months they came to."""
    now = clock.now()
    today = london_day(now)
    since = twelve_months_before(today)
    async with db.reading(caller) as conn:
        await admit(conn, network)
        found = await store.members(
            conn,
            cell,
            network,
            since=since,
            at=now,
            today=today,
            after=(paging.after[0], paging.after[1]) if paging.after else None,
            limit=paging.limit + 1,
        )
    page = paging.page(found, lambda member: member.position)
    items = [
        MemberView(
            person_id=member.person_id,
            given_name=member.given_name,
            family_name=member.family_name,
            **RegularityView.of(network, since, member.attendance).model_dump(),
        )
        for member in page.items
    ]
    return Page(items=items, next=page.next)


@router.get("/attendance/mine", dependencies=[may(READ, at=oneself)])
async def read_own(
    cell: ServedCell, network: Annotated[UUID, Query()], db: Db, caller: Caller, person: Person
) -> RegularityView:
    """Your own, in a network that you are a member of. Errors: 404 where you are not."""
    now = clock.now()
    today = london_day(now)
    since = twelve_months_before(today)
    async with db.reading(caller) as conn:
        found = await store.members(conn, cell, network, since=since, at=now, today=today, person_id=person, limit=1)
    if not found:
        raise NothingHere
    return RegularityView.of(network, since, found[0].attendance)
