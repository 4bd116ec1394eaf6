"""Days and instants near the calendar's edge are refused before anybody counts with them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from servicekit.web.days import Day, Instant

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
