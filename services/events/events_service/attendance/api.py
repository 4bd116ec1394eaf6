"""The door over HTTP: by registration, found by name on the door list, or by the code that the registrant shows."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, model_validator

from access import Caller, Db, may
from events_service.attendance import actions
from events_service.attendance.model import CheckedIn
from events_service.edge import Body, ServedCell, door_of_event, served_cell
from events_service.registrations.model import url
from servicekit import clock
from servicekit.idempotency import keep

router = APIRouter(
    prefix="/api/v1/cells/{cell}/events/{event_id}/check-ins",
    tags=["attendance"],
    dependencies=[Depends(served_cell)],
)


class CheckIn(Body):
    """Who is there: a registration's id, or its code."""

    registration_id: UUID | None = None
    code: Annotated[str, Field(min_length=1, max_length=40)] | None = None

    @model_validator(mode="after")
    def _says_who(self) -> Self:
        if (self.registration_id is None) == (self.code is None):
            raise ValueError("expected either registration_id or code")
        return self

    @property
    def who(self) -> UUID | str:
        return self.registration_id or self.code or ""


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


@router.post("", dependencies=[may("check-in", at=door_of_event)])
async def check_in(
    cell: ServedCell, event_id: UUID, body: CheckIn, db: Db, caller: Caller, request: Request
) -> CheckInView:
    """Record that somebody is there; again changes nothing. Errors: 404 unknown, 409 no place, or not open yet."""
    opens_before = timedelta(hours=request.app.state.settings.check_in_opens_hours)
    async with db.transaction(caller) as conn:
        checked_in = await actions.check_in(conn, cell, event_id, body.who, opens_before=opens_before, at=clock.now())
        return await keep(conn, CheckInView.of(cell, checked_in))
