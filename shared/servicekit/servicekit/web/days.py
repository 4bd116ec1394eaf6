"""Days and instants are taken only where one can count on from them: at the calendar's edge, a day more is no day."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, WithJsonSchema

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)


def _within(first: date, last: date) -> Any:
    """Both count. JSON Schema has no word of its own for this; validators that know these two hold them."""
    told: dict[str, Any] = {"formatMinimum": first.isoformat(), "formatMaximum": last.isoformat()}
    return Field(ge=first, le=last, json_schema_extra=told)


def _written(value: Any) -> Any:
    """A number is no day: as seconds since 1970 it would quietly be taken for one that nobody meant."""
    if isinstance(value, bool | int | float) or (isinstance(value, str) and "-" not in value[1:]):
        raise ValueError("expected a date such as 2026-11-23")
    return value


Written = BeforeValidator(_written)
Day = Annotated[date, Written, _within(FIRST.date(), LAST.date())]
Instant = Annotated[AwareDatetime, Written, _within(FIRST, LAST)]

Wall = WithJsonSchema({"type": "string", "format": "date-time-local", "maxLength": 26})
"""Says of a time on a wall that it is written without an offset, which JSON Schema's `date-time` would ask for."""
