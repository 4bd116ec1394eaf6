"""What people need to know about an event, in their words. Pure: no I/O, no clock, no framework."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

TOLD = frozenset({"starts", "ends", "zone", "starts_at", "ends_at", "venue"})
"""Fields of an event that its attendees must know of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """One published version of an event; times are on the wall of its zone."""

    event_id: UUID
    version: int
    cell: str
    title: str
    venue: str
    starts: datetime
    ends: datetime
    zone: str
    revision: int
    held_by: str | None
    """Name of the network that holds it, where it is known here."""

    @property
    def when(self) -> str:
        return in_words(self.starts, self.ends, self.zone)


@dataclass(frozen=True, slots=True)
class Difference:
    """What was, and what is now, in words."""

    label: str
    old: str
    new: str


def in_words(starts: datetime, ends: datetime, zone: str) -> str:
    """Such as `Thursday 14 January 2027, 10:00 to 16:00, Europe/London time`."""
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else f"{_day(ends)}, {ends:%H:%M}"
    return f"{_day(starts)}, {starts:%H:%M} to {until}, {zone} time"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def differences(old: Gathering, new: Gathering) -> list[Difference]:
    """What attendees must know of, label by label; empty where it is all the same."""
    pairs = [("When", old.when, new.when), ("Where", old.venue, new.venue)]
    return [Difference(label, was, now) for label, was, now in pairs if was != now]


def must_be_told(old_revision: int | None, revision: int, changed: Collection[str]) -> bool:
    """Whether attendees hear of a change: its revision rose, or, where the one before never arrived here, may have."""
    if old_revision is None:
        return not TOLD.isdisjoint(changed)
    return revision > old_revision
