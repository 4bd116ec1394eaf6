"""Days and instants near the calendar's edge are refused before anybody counts with them."""

from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import NaiveDatetime, TypeAdapter, ValidationError

from servicekit.web.days import Day, Instant, Wall, Written

ENDS = {
    "day": (Day, ["1900-01-01", "2199-12-31"], ["1899-12-31", "2200-01-01", "0001-01-01", "9999-12-31"]),
    "instant": (
        Instant,
        ["1900-01-01T00:00:00Z", "2199-12-30T23:00:00-01:00"],
        ["1900-01-01T00:00:00+01:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
    ),
}


@pytest.mark.parametrize(("kind", "taken", "refused"), ENDS.values(), ids=ENDS)
def test_both_ends_are_taken_and_nothing_beyond(kind: Any, taken: list[str], refused: list[str]) -> None:
    adapter = TypeAdapter[Any](kind)

    for text in taken:
        adapter.validate_python(text)
    for text in refused:
        with pytest.raises(ValidationError, match=r"(greater|less) than or equal"):
            adapter.validate_python(text)


@pytest.mark.parametrize("kind", [Day, Instant])
def test_a_schema_tells_the_ends(kind: Any) -> None:
    schema = TypeAdapter[Any](kind).json_schema()

    assert schema["formatMinimum"].startswith("1900-01-01")
    assert schema["formatMaximum"].startswith("2199-12-31")


@pytest.mark.parametrize("kind", [Day, Instant, Annotated[NaiveDatetime, Written, Wall]])
@pytest.mark.parametrize("number", [0, 0.5, 1_795_392_000, "0.5", "1795392000", "-86400", True])
def test_a_number_is_no_day(kind: Any, number: object) -> None:
    with pytest.raises(ValidationError, match="expected a date such as 2026-11-23"):
        TypeAdapter[Any](kind).validate_python(number)


def test_without_looking_at_it_a_number_would_be_taken_for_seconds_since_1970() -> None:
    assert TypeAdapter(date).validate_python("86400") == date(1970, 1, 2)


def test_a_time_on_a_wall_is_not_said_to_have_an_offset() -> None:
    wall = TypeAdapter[Any](Annotated[NaiveDatetime, Written, Wall])

    assert wall.json_schema()["format"] == "date-time-local"
    assert wall.validate_python("2026-11-23T09:00:00").isoformat() == "2026-11-23T09:00:00"
