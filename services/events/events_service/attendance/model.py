"""The rules of the door: who has a place is let in, from some hours before the start on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from events_service.gatherings.model import Event
from events_service.gatherings.wall_time import shown_at
from events_service.registrations.model import Registration
from servicekit.problem import Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIn:
    registration: Registration
    already: bool
    """Whether it had been recorded before."""


class CheckInNotOpen(Conflict):
    code = "check-in-not-open"
    title = "Check-in is not open yet"


def refuse_check_in(event: Event, *, at: datetime, opens_before: timedelta) -> None:
    """Raise where nobody can be checked in now."""
    if event.published_at is None:
        raise CheckInNotOpen("This event has not been published: nobody has a place yet.")
    event.refuse_if_cancelled()
    opens = event.plan.when.starts_at - opens_before
    if at < opens:
        raise CheckInNotOpen(f"Check-in opens at {shown_at(opens, event.plan.when.zone)}.")
