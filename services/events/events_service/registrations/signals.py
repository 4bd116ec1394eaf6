"""What the world is told of a registration: its whole state, field by field."""

from typing import Any

from events_contracts import (
    AttendanceRecorded,
    AttendanceWithdrawn,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from events_service.registrations.model import Registration


def registered(
    registration: Registration, *, place_in_line: int | None
) -> RegistrationConfirmed | RegistrationWaitlisted:
    """place_in_line: None for somebody with a place."""
    if place_in_line is None:
        return RegistrationConfirmed(**_state(registration))
    return RegistrationWaitlisted(place_in_line=place_in_line, **_state(registration))


def promoted(registration: Registration) -> RegistrationPromoted:
    return RegistrationPromoted(**_state(registration))


def cancelled(registration: Registration) -> RegistrationCancelled:
    return RegistrationCancelled(**_state(registration))


def attended(registration: Registration) -> AttendanceRecorded:
    return AttendanceRecorded(**_state(registration))


def withdrawn(registration: Registration) -> AttendanceWithdrawn:
    return AttendanceWithdrawn(**_state(registration))


def _state(registration: Registration) -> dict[str, Any]:
    return {
        "registration_id": registration.id,
        "event_id": registration.event_id,
        "person_id": registration.person_id,
        "status": registration.status.value,
        "code": registration.code,
        "registered_at": registration.registered_at,
        "waited": registration.waited,
        "attended_at": registration.attended_at,
        "version": registration.version,
    }
