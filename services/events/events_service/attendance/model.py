"""The rules of the door: who has a place is let in, from some hours before the start on."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from events_service.gatherings.model import Event
from events_service.gatherings.wall_time import shown_at
from events_service.registrations.model import Registration
from servicekit.problem import Conflict

UNDONE_WITHIN = timedelta(minutes=15)
"""The door notices its mistakes soon; what stood longer is what happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIn:
    registration: Registration
    already: bool
    """Whether it had been recorded before."""


class CheckInNotOpen(Conflict):
    code = "check-in-not-open"
    title = "Check-in is not open yet"


class NotCheckedIn(Conflict):
    code = "not-checked-in"


class TooLateToUndo(Conflict):
    code = "too-late-to-undo"
    title = "That check-in stands"


def undone(registration: Registration, *, at: datetime) -> Registration:
    """As if they had not been checked in: the wrong line was touched. A door undoes only what it has just done."""
    if registration.attended_at is None:
        raise NotCheckedIn("This registration has not been checked in.")
    if at - registration.attended_at > UNDONE_WITHIN:
        minutes = int(UNDONE_WITHIN.total_seconds() // 60)
        raise TooLateToUndo(f"A check-in can be undone for {minutes} minutes; this one stands.")
    return replace(registration, attended_at=None, version=registration.version + 1)


def refuse_check_in(event: Event, *, at: datetime, opens_before: timedelta) -> None:
    """Raise where nobody can be checked in now."""
    if event.published_at is None:
        raise CheckInNotOpen("This event has not been published: nobody has a place yet.")
    event.refuse_if_cancelled()
    opens = event.plan.when.starts_at - opens_before
    if at < opens:
        raise CheckInNotOpen(f"Check-in opens at {shown_at(opens, event.plan.when.zone)}.")
