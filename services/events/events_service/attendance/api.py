"""The door over HTTP: by registration, found by name on the door list, or by the code or ticket that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from access import Caller, Db, may
from events_service.attendance import actions
from events_service.attendance.actions import Arrival
from events_service.attendance.model import CheckedIn
from events_service.edge import SAYS_SOMETHING, Body, Nothing, ServedCell, door_of_event, served_cell
from events_service.gatherings import store as gatherings
from events_service.registrations.model import url
from events_service.tickets.model import LONGEST_TEXT, Ticket, refuse_foreign
from events_service.tickets.office import Office
from events_service.tickets.signing import TicketOffice
from servicekit import clock
from servicekit.database import Conn, Held
from servicekit.idempotency import keep
from servicekit.problem import Problem
from servicekit.web.direct import direct
from servicekit.web.grouping import Asked, GroupedCommands
from servicekit.web.one_of import one_of

router = APIRouter(
    prefix="/api/v1/cells/{cell}/events/{event_id}/check-ins",
    tags=["attendance"],
    dependencies=[Depends(served_cell)],
)


class CheckIn(Body):
    """Who is there: a registration's id, its code, or its ticket."""

    model_config = ConfigDict(json_schema_extra=one_of("registration_id", "code", "ticket"))

    registration_id: UUID | None = None
    code: Annotated[str, Field(min_length=1, max_length=40, pattern=SAYS_SOMETHING)] | None = None
    ticket: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, pattern=SAYS_SOMETHING)] | None = None
    """What a scanner reads from the QR code."""

    @model_validator(mode="after")
    def _says_who(self) -> Self:
        if [self.registration_id, self.code, self.ticket].count(None) != 2:
            raise ValueError("expected one of registration_id, code and ticket")
        return self

    def wanted(self, cell: str, event_id: UUID, office: TicketOffice) -> "Wanted":
        """Whatever a ticket alone can be refused for is refused here, before anybody waits for it."""
        if self.ticket is None:
            return Wanted(cell, event_id, self.registration_id or self.code or "")
        ticket = office.read(self.ticket)
        refuse_foreign(ticket, event_id)
        return Wanted(cell, event_id, ticket.registration_id, ticket)


class CheckInView(BaseModel):
    registration_id: UUID
    event_id: UUID
    status: str
    attended_at: datetime | None
    already: bool
    """Whether it had been recorded before; the first instant stands."""
    version: int
    url: str

    @classmethod
    def of(cls, cell: str, checked_in: CheckedIn) -> Self:
        registration = checked_in.registration
        return cls(
            registration_id=registration.id,
            event_id=registration.event_id,
            status=registration.status.value,
            attended_at=registration.attended_at,
            already=checked_in.already,
            version=registration.version,
            url=url(cell, registration.id),
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one request to check somebody in says."""

    cell: str
    event_id: UUID
    who: UUID | str
    ticket: Ticket | None = None


def prepare(app: FastAPI) -> None:
    async def check_in_all(
        conn: Conn, requests: Sequence[Asked[Wanted]], *, waits: bool
    ) -> list[CheckInView | Problem | Held]:
        """Those that have arrived together, in this order, in one transaction."""
        arrivals = [
            Arrival(
                cell=asked.what.cell,
                event_id=asked.what.event_id,
                who=asked.what.who,
                ticket=asked.what.ticket,
                command=asked.command,
            )
            for asked in requests
        ]
        outcomes = await actions.check_in(
            conn,
            arrivals,
            opens_before=timedelta(hours=app.state.settings.check_in_opens_hours),
            at=clock.now(),
            lock=gatherings.lock_one if waits else gatherings.lock_free,
        )
        return [
            CheckInView.of(arrival.cell, outcome) if isinstance(outcome, CheckedIn) else outcome
            for arrival, outcome in zip(arrivals, outcomes, strict=True)
        ]

    app.state.checking_in = GroupedCommands(check_in_all, database=lambda: app.state.database)


@router.post("", response_model=CheckInView, dependencies=[may("check-in", at=door_of_event)])
@direct
async def check_in(
    cell: ServedCell, event_id: UUID, body: CheckIn, caller: Caller, office: Office, request: Request
) -> Response:
    """Record that somebody is there; again changes nothing, but a ticket is good once.

    Errors: 404 unknown; 409 no place, not open yet, a ticket used before, renewed or of another event; 422 no ticket of
    ours, or of a key that is not trusted.
    """
    checking_in: GroupedCommands[Wanted] = request.app.state.checking_in
    return await checking_in.answer(caller, body.wanted(cell, event_id, office))


@router.post("/{registration_id}/undo", dependencies=[may("check-in", at=door_of_event)])
async def undo(
    cell: ServedCell, event_id: UUID, registration_id: UUID, db: Db, caller: Caller, body: Nothing | None = None
) -> CheckInView:
    """Take back a check-in that was a mistake. Errors: 404 unknown, 409 not checked in, or too long ago."""
    async with db.transaction(caller) as conn:
        registration = await actions.undo(conn, cell, event_id, registration_id, at=clock.now())
        return await keep(conn, CheckInView.of(cell, CheckedIn(registration=registration, already=False)))
