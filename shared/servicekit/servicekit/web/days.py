"""Days and instants are taken only where one can count on from them: at the calendar's edge, a day more is no day."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)


def _within(first: date, last: date) -> Any:
    """Both count. JSON Schema has no word of its own for this; validators that know these two hold them."""
    told: dict[str, Any] = {"formatMinimum": first.isoformat(), "formatMaximum": last.isoformat()}
    return Field(ge=first, le=last, json_schema_extra=told)


Day = Annotated[date, _within(FIRST.date(), LAST.date())]
Instant = Annotated[AwareDatetime, _within(FIRST, LAST)]
