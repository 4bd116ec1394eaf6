"""When those with a place are reminded: so long before the start, where the date was known by then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

LEADS: Mapping[str, timedelta] = {"24h": timedelta(hours=24), "7d": timedelta(days=7)}
"""How long before the start, by the name that stands in a reminder's cause."""

TIMER = "reminder-"
"""Before the lead's name: the kind of its timer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """An event's date as it now is, and what set it."""

    event_id: UUID
    version: int
    """Of the event, the newest."""
    revision: int
    """Of the event, when it was given this date."""
    starts_at: datetime
    known_at: datetime
    """When it was said that this is the date."""
    cancelled: bool
    cell: str
    network: str
    """Path of the network that holds it."""

    @property
    def cause(self) -> str:
        """What the causes of all its reminders begin with. A change that leaves the date alone leaves this alone."""
        return f"event:{self.event_id}:starts@{self.revision}:"


@dataclass(frozen=True, slots=True)
class Reminder:
    lead: str
    cause: str
    due_at: datetime | None
    """None: nobody is reminded."""


def reminders(anchor: Anchor) -> Sequence[Reminder]:
    """One for each lead.

    An event that is published or moved within the time of a reminder has none: being told of it, or of the place,
    is the reminder. Neither has one that is cancelled.
    """
    return [
        Reminder(lead, anchor.cause + lead, None if anchor.cancelled or anchor.known_at >= due else due)
        for lead, due in ((lead, anchor.starts_at - before) for lead, before in LEADS.items())
    ]


def is_too_late(starts_at: datetime, now: datetime) -> bool:
    """Nobody is reminded of what has begun, however long we were away."""
    return now >= starts_at
