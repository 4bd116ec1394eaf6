"""When a report is due, of which days it tells, and what opens it. Pure."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from servicekit.problem import Conflict, Invalid, NotFound

OPENS_FOR = timedelta(days=14)
REMEMBERED_FOR = timedelta(days=30)
"""How long after it no longer opens a link is still told apart from one that never was."""
MOST_AT_A_TIME = 20
DUE_AT_HOUR = 6
"""London time."""
AT_LATEST_AT_HOUR = 12
"""By then a report is told of, even where yesterday's figures are not published yet."""
LINK_BYTES = 24
LAST_DAY_OF = {"week": 7, "month": 28}


class Every(StrEnum):
    WEEK = "week"
    MONTH = "month"


class NoSuchDay(Invalid):
    code = "no-such-day"
    title = "Not every period has this day"


class TooManySchedules(Conflict):
    code = "too-many-schedules"
    title = "You have too many scheduled reports"


class AlreadyScheduled(Conflict):
    code = "already-scheduled"
    title = "This report is scheduled already"


class ScheduleNotFound(NotFound):
    code = "schedule-not-found"
    title = "There is no such schedule"


class ScheduleEnded(Conflict):
    code = "schedule-ended"
    title = "This schedule has ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    schedule_id: UUID
    version: int
    person_id: UUID
    cell: str
    network_id: UUID
    report: str
    every: Every
    on_day: int
    """Of the week, Monday being 1, or of the month."""
    next_on: date
    reports: int
    """How many have been told of."""
    created_at: datetime
    ended_at: datetime | None = None
    ended_because: str | None = None

    def changed(self, *, every: Every, on_day: int, today: date) -> "Schedule":
        """Due on other days from tomorrow on. Raises ScheduleEnded and NoSuchDay."""
        self.check_live()
        next_on = next_due(every, on_day, after=today)
        return replace(self, version=self.version + 1, every=every, on_day=on_day, next_on=next_on)

    def ended(self, *, at: datetime, because: str) -> "Schedule":
        """Raises ScheduleEnded."""
        self.check_live()
        return replace(self, version=self.version + 1, ended_at=at, ended_because=because)

    def told(self, *, today: date) -> "Schedule":
        """Once more; what was missed before is not made up for."""
        next_on = next_due(self.every, self.on_day, after=today)
        return replace(self, version=self.version + 1, reports=self.reports + 1, next_on=next_on)

    def check_live(self) -> None:
        if self.ended_at is not None:
            raise ScheduleEnded(f"This schedule ended on {self.ended_at:%Y-%m-%d}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyReport:
    report_id: UUID
    schedule_id: UUID
    person_id: UUID
    link_hash: str
    cell: str
    network_id: UUID
    report: str
    first: date
    last: date
    ready_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None = None


def next_due(every: Every, on_day: int, *, after: date) -> date:
    """The first due day after this one. Raises NoSuchDay."""
    if not 1 <= on_day <= LAST_DAY_OF[every]:
        raise NoSuchDay(f"on: a {every} is told of on one of its days 1 to {LAST_DAY_OF[every]}, not on {on_day}.")
    if every is Every.WEEK:
        return after + timedelta(days=(on_day - after.isoweekday() - 1) % 7 + 1)
    this_month = after.replace(day=on_day)
    return this_month if this_month > after else (after.replace(day=28) + timedelta(days=4)).replace(day=on_day)


def last_due(every: Every, on_day: int, *, today: date) -> date:
    """The newest due day up to today."""
    if every is Every.WEEK:
        return today - timedelta(days=(today.isoweekday() - on_day) % 7)
    this_month = today.replace(day=on_day)
    return this_month if this_month <= today else (today.replace(day=1) - timedelta(days=1)).replace(day=on_day)


def period_of(every: Every, due: date) -> tuple[date, date]:
    """The days that a report of this day tells of: the seven days before it, or the calendar month before."""
    if every is Every.WEEK:
        return due - timedelta(days=7), due - timedelta(days=1)
    last = due.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def link_of(chance: bytes) -> str:
    """The words of a link from so many random bytes."""
    return urlsafe_b64encode(chance).decode().rstrip("=")


def hash_of(link: str) -> str:
    """All that is kept of it."""
    return sha256(link.encode()).hexdigest()
