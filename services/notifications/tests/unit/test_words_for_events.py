"""An event is told in words: when and where it is, what has changed, and whether anybody must hear of it."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from notifications_service.gatherings.model import Difference, Gathering, differences, in_words, must_be_told

SUMMIT = Gathering(
    event_id=UUID(int=1),
    version=1,
    cell="national",
    title="Summit",
    venue="Room 1",
    starts=datetime.fromisoformat("2027-01-14T10:00"),
    ends=datetime.fromisoformat("2027-01-14T16:00"),
    zone="Europe/London",
    revision=1,
    held_by="National",
)


def test_one_day_is_named_once() -> None:
    assert SUMMIT.when == "Thursday 14 January 2027, 10:00 to 16:00, Europe/London time"


def test_several_days_are_both_named() -> None:
    ends = datetime.fromisoformat("2027-01-15T09:05")

    words = in_words(SUMMIT.starts, ends, "America/New_York")

    assert words == "Thursday 14 January 2027, 10:00 to Friday 15 January 2027, 09:05, America/New_York time"


def test_what_changed_stands_beside_what_was() -> None:
    moved = replace(SUMMIT, venue="Room 2", starts=datetime.fromisoformat("2027-01-14T09:30"))

    assert differences(SUMMIT, moved) == [
        Difference(
            "When",
            "Thursday 14 January 2027, 10:00 to 16:00, Europe/London time",
            "Thursday 14 January 2027, 09:30 to 16:00, Europe/London time",
        ),
        Difference("Where", "Room 1", "Room 2"),
    ]
    assert differences(SUMMIT, replace(SUMMIT, title="Another title")) == []


@pytest.mark.parametrize(
    ("before", "now", "changed", "told"),
    [
        (1, 2, ["venue"], True),
        (1, 1, ["venue"], False),
        (None, 7, ["venue", "title"], True),
        (None, 7, ["starts_at"], True),
        (None, 7, ["capacity", "summary"], False),
    ],
)
def test_attendees_hear_of_a_risen_revision(before: int | None, now: int, changed: list[str], told: bool) -> None:
    assert must_be_told(before, now, changed) is told
