"""The one clock: every instant the software acts on comes from here, in UTC."""

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
LOOK_AGAIN_SECONDS = 0.1

_offset = timedelta(0)
_file: Path | None = None
_file_offset = timedelta(0)
_looked_at = 0.0


def now() -> datetime:
    """This instant, timezone-aware, UTC."""
    if _file is not None:
        _look(_file)
    return datetime.now(UTC) + _offset + _file_offset


def today() -> date:
    """The day in Europe/London, in which memberships begin and end."""
    return london_day(now())


def london_day(instant: datetime) -> date:
    return instant.astimezone(LONDON).date()


def move(by: timedelta) -> None:
    """Shift this process's clock; only a local stack and tests call it."""
    global _offset
    _offset += by


def follow(file: Path | None) -> None:
    """Be ahead by as many seconds as stand in this file, so that all processes of a local stack are moved together.

    No file, or nothing readable in it: not ahead. Production settings refuse to name one.
    """
    global _file, _file_offset, _looked_at
    _file, _file_offset, _looked_at = file, timedelta(0), 0.0


def _look(file: Path) -> None:
    global _file_offset, _looked_at
    if (instant := time.monotonic()) - _looked_at < LOOK_AGAIN_SECONDS:
        return
    _looked_at = instant
    try:
        _file_offset = timedelta(seconds=float(file.read_text(encoding="ascii")))
    except (OSError, ValueError, OverflowError):
        _file_offset = timedelta(0)
