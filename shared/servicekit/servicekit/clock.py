"""The one clock: every instant the software acts on comes from here, in UTC."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_offset = timedelta(0)


def now() -> datetime:
    """This instant, timezone-aware, UTC."""
    return datetime.now(UTC) + _offset


def today() -> date:
    """The day in Europe/London, in which memberships begin and end."""
    return london_day(now())


def london_day(instant: datetime) -> date:
    return instant.astimezone(LONDON).date()


def move(by: timedelta) -> None:
    """Shift this process's clock; only a local stack and tests call it."""
    global _offset
    _offset += by
