"""Registrations: all of an event's travel under the event's key, so nobody sees one before its event."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Fact, PersonId, Pseudonym, Signal


class RegistrationState(Signal):
    """A registration as it now is, whole; consumers keep the highest version."""

    registration_id: Fact[UUID]
    event_id: Fact[UUID]
    person_id: PersonId
    status: Fact[str]
    """confirmed, waiting or cancelled."""
    code: Pseudonym[str]
    """What the registrant shows at the door."""
    registered_at: Fact[AwareDatetime]
    waited: Fact[bool]
    """Whether it has ever stood on the waiting list."""
    attended_at: Fact[AwareDatetime | None] = None

    @property
    def key(self) -> str:
        return str(self.event_id)

    @property
    def subject(self) -> str:
        return str(self.registration_id)


class RegistrationConfirmed(RegistrationState):
    """Somebody has a place."""

    type: ClassVar[str] = "guildhall.events.registration-confirmed.v1"


class RegistrationWaitlisted(RegistrationState):
    """The event was full; somebody waits."""

    type: ClassVar[str] = "guildhall.events.registration-waitlisted.v1"

    place_in_line: Fact[int]
    """1 for the first in line, when it was sent."""


class RegistrationPromoted(RegistrationState):
    """A place became free and went to the first in line who may still come."""

    type: ClassVar[str] = "guildhall.events.registration-promoted.v1"


class RegistrationCancelled(RegistrationState):
    """Somebody gave up a place or a place in line."""

    type: ClassVar[str] = "guildhall.events.registration-cancelled.v1"


class AttendanceRecorded(RegistrationState):
    """Somebody was there; `attended_at` says since when."""

    type: ClassVar[str] = "guildhall.events.attendance-recorded.v1"


class AttendanceWithdrawn(RegistrationState):
    """Somebody had been checked in by mistake; `attended_at` is null again."""

    type: ClassVar[str] = "guildhall.events.attendance-withdrawn.v1"
