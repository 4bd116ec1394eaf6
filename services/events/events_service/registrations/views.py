"""Registrations as they are shown over HTTP."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from events_service.registrations.door_list import Entry
from events_service.registrations.model import url
from events_service.registrations.store import Standing


class RegistrationView(BaseModel):
    id: UUID
    event_id: UUID
    person_id: UUID
    status: str
    """confirmed, waiting or cancelled."""
    place_in_line: int | None
    """1 for the first in line; null unless waiting."""
    code: str
    """What the registrant shows at the door."""
    registered_at: datetime
    attended_at: datetime | None
    version: int
    url: str

    @classmethod
    def of(cls, cell: str, standing: Standing) -> Self:
        registration = standing.registration
        return cls(
            id=registration.id,
            event_id=registration.event_id,
            person_id=registration.person_id,
            status=registration.status.value,
            place_in_line=standing.place_in_line,
            code=registration.code,
            registered_at=registration.registered_at,
            attended_at=registration.attended_at,
            version=registration.version,
            url=url(cell, registration.id),
        )


class DoorEntryView(RegistrationView):
    """A line of the door list."""

    given_name: str | None
    """Null until it is known here."""
    family_name: str | None
    flag: str | None
    """Why somebody with a place, or who waits, may not come any more, as a code; null while they may.

    It takes nothing away: those who hold the event decide.
    """

    @classmethod
    def of_entry(cls, cell: str, entry: Entry, flag: str | None) -> Self:
        shown = RegistrationView.of(cell, entry.standing)
        return cls(
            **shown.model_dump(),
            given_name=entry.given_name,
            family_name=entry.family_name,
            flag=flag,
        )
