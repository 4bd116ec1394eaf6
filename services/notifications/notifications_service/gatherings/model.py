"""What people need to know about an event, in their words. Pure: no I/O, no clock, no framework."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

TOLD = frozenset({"starts", "ends", "zone", "starts_at", "ends_at", "venue", "mode", "sessions"})
"""Fields of an event that its attendees must know of."""

HOW = "How to attend"
WAYS: Mapping[str, tuple[str, str]] = {
    "offline": ("At the venue", "It now takes place at the venue: come there."),
    "online": ("Online", "It now takes place online: you need not travel."),
    "mixed": ("At the venue or online", "You can now come to the venue or join online, as you like."),
}
"""Each way to attend, and what is said of an event that changes to it. How to join stands where people sign in."""

MOST_SESSIONS_NAMED = 20


@dataclass(frozen=True, slots=True)
class Session:
    """A part of an event; times are on the wall of its zone."""

    title: str
    starts: datetime
    ends: datetime

    @property
    def when(self) -> str:
        return f"{_day(self.starts)}, {_hours(self.starts, self.ends)}"


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
    mode: str | None = None
    """One of `WAYS`, or another; None where it is not known here."""
    sessions: tuple[Session, ...] | None = None
    """In order of their starts; None where they are not known here."""

    @property
    def when(self) -> str:
        return in_words(self.starts, self.ends, self.zone)

    @property
    def how(self) -> str | None:
        """In words; None where it goes without saying."""
        return None if self.mode in {None, "offline"} else _way(self.mode or "")


@dataclass(frozen=True, slots=True)
class Difference:
    """What was, and what is now, in words; `said`: a sentence of it."""

    label: str
    old: str
    new: str
    said: str


def in_words(starts: datetime, ends: datetime, zone: str) -> str:
    """Such as `Thursday 14 January 2027, 10:00 to 16:00, Europe/London time`."""
    return f"{_day(starts)}, {_hours(starts, ends)}, {zone} time"


def _hours(starts: datetime, ends: datetime) -> str:
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else f"{_day(ends)}, {ends:%H:%M}"
    return f"{starts:%H:%M} to {until}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def differences(old: Gathering, new: Gathering) -> list[Difference]:
    """What attendees must know of, label by label; empty where it is all the same."""
    found = [
        Difference("When", old.when, new.when, "It takes place at another time."),
        Difference("Where", old.venue, new.venue, "It takes place somewhere else."),
    ]
    if old.mode is not None and new.mode is not None:
        said = WAYS[new.mode][1] if new.mode in WAYS else "You attend it in another way."
        found.append(Difference(HOW, _way(old.mode), _way(new.mode), said))
    if old.sessions is not None and new.sessions is not None:
        found += _sessions(old.sessions, new.sessions)
    return [difference for difference in found if difference.old != difference.new]


def _way(mode: str) -> str:
    return WAYS[mode][0] if mode in WAYS else mode.replace("-", " ").capitalize()


def _sessions(old: Sequence[Session], new: Sequence[Session]) -> list[Difference]:
    """Sessions are told apart by their titles; of equal titles, by which comes first. The first few are named."""
    before, after = _numbered(old), _numbered(new)
    found = []
    for name in [*after, *(name for name in before if name not in after)]:
        title, was, now = name[0], before.get(name), after.get(name)
        if was is None and now is not None:
            found.append(Difference(f"Session: {title}", "not there", now.when, f"There is a new session: {title}."))
        elif was is not None and now is None:
            said = f"This session does not take place: {title}."
            found.append(Difference(f"Session: {title}", was.when, "does not take place", said))
        elif was is not None and now is not None and was.when != now.when:
            said = f"This session is at another time: {title}."
            found.append(Difference(f"Session: {title}", was.when, now.when, said))
    if (more := len(found) - MOST_SESSIONS_NAMED) > 0:
        said = f"{more} more sessions have changed: look at the event."
        return [*found[:MOST_SESSIONS_NAMED], Difference("More sessions", "as planned", f"{more} changed", said)]
    return found


def _numbered(sessions: Sequence[Session]) -> dict[tuple[str, int], Session]:
    named: dict[tuple[str, int], Session] = {}
    for session in sessions:
        number = sum(1 for title, _ in named if title == session.title)
        named[session.title, number] = session
    return named


def must_be_told(old_revision: int | None, revision: int, changed: Collection[str]) -> bool:
    """Whether attendees hear of a change: its revision rose, or, where the one before never arrived here, may have."""
    if old_revision is None:
        return not TOLD.isdisjoint(changed)
    return revision > old_revision
