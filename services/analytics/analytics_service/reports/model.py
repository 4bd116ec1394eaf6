"""Which days a report tells of. Pure."""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum

from servicekit.problem import Invalid, NotFound

MOST_ROWS = 300
MOST_MONTHS = 120
MOST_EVENTS = 50
"""As many as are counted well within a second."""
USUAL_MONTHS = 24
NOBODY_YET = date(1900, 1, 1)
"""Before it nobody is counted, and no period is reckoned back."""


class DayAhead(Invalid):
    code = "day-ahead"
    title = "This day lies ahead"


class DayTooLongAgo(Invalid):
    code = "day-too-long-ago"
    title = "Nobody was counted on this day"


class DaysOutOfOrder(Invalid):
    code = "days-out-of-order"
    title = "The days are out of order"


class TooManyRows(Invalid):
    code = "too-many-rows"
    title = "The report would be too long"


class TooManyEvents(Invalid):
    code = "too-many-events"
    title = "The report would count too many events"


class NoPeers(Invalid):
    code = "no-peers"
    title = "There is nothing to compare with"


class NothingPublished(NotFound):
    code = "nothing-published"
    title = "Nothing has been published"


class Step(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def check_day(day: date, *, today: date) -> date:
    """Raises DayAhead and DayTooLongAgo: figures tell what was."""
    if day > today:
        raise DayAhead(f"{day} lies ahead; the last day that can be told of is today, {today}.")
    if day < NOBODY_YET:
        raise DayTooLongAgo(f"{day} is too long ago; the first day that can be told of is {NOBODY_YET}.")
    return day


def check_order(first: date, last: date) -> date:
    """The first day. Raises DaysOutOfOrder."""
    if first > last:
        raise DaysOutOfOrder(f"from ({first}) lies after to ({last}).")
    return first


def months_between(first: date | None, last: date | None, *, today: date) -> tuple[date, date]:
    """The first days of the first and last month of joining; the last two years where nothing is said.

    Raises DayAhead, DaysOutOfOrder and TooManyRows.
    """
    end = check_day(last or today, today=today).replace(day=1)
    begin = (first or _later(end, Step.MONTH, 1 - USUAL_MONTHS)).replace(day=1)
    check_order(begin, end)
    if _later(begin, Step.MONTH, MOST_MONTHS) <= end:
        raise TooManyRows(f"From {begin} to {end} are more than {MOST_MONTHS} months: take fewer.")
    return begin, end


def days_between(first: date, last: date, step: Step) -> list[date]:
    """From the first day in steps, and the last day always. Raises DaysOutOfOrder and TooManyRows."""
    check_order(first, last)
    days: list[date] = []
    while (day := _later(first, step, len(days))) < last:
        days.append(day)
        if len(days) >= MOST_ROWS:
            raise TooManyRows(f"From {first} to {last} by {step} are more than {MOST_ROWS} rows: take a longer step.")
    return [*days, last]


def _later(day: date, step: Step, times: int) -> date:
    match step:
        case Step.DAY:
            return day + timedelta(days=times)
        case Step.WEEK:
            return day + timedelta(weeks=times)
        case Step.MONTH:
            months = day.year * 12 + day.month - 1 + times
            year, month = divmod(months, 12)
            return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
