"""An event is told in words: when and where it is, what has changed, and whether anybody must hear of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from notifications_service.gatherings.model import (
    Difference,
    Gathering,
    Session,
    differences,
    in_words,
    must_be_told,
)

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
            "It takes place at another time.",
        ),
        Difference("Where", "Room 1", "Room 2", "It takes place somewhere else."),
    ]
    assert differences(SUMMIT, replace(SUMMIT, title="Another title")) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("offline", "online", ("At the venue", "Online", "It now takes place online: you need not travel.")),
        ("online", "offline", ("Online", "At the venue", "It now takes place at the venue: come there.")),
        (
            "offline",
            "mixed",
            (
                "At the venue",
                "At the venue or online",
                "You can now come to the venue or join online, as you like.",
            ),
        ),
        ("online", "by-telephone", ("Online", "By telephone", "You attend it in another way.")),
    ],
)
def test_another_way_to_attend_is_told_in_words(old: str, new: str, told: tuple[str, str, str]) -> None:
    found = differences(replace(SUMMIT, mode=old), replace(SUMMIT, mode=new))

    assert found == [Difference("How to attend", *told)]


def test_of_what_was_not_known_here_no_difference_is_told() -> None:
    whole = replace(SUMMIT, mode="online", sessions=(a_session("Opening", 10),))

    assert differences(SUMMIT, whole) == differences(whole, SUMMIT) == []


def a_session(title: str, hour: int) -> Session:
    starts = datetime.fromisoformat(f"2027-01-14T{hour}:00")
    return Session(title, starts, starts + timedelta(minutes=45))


def test_sessions_that_move_come_or_go_are_each_told_in_words() -> None:
    old = replace(SUMMIT, sessions=(a_session("Opening", 10), a_session("Flow", 11), a_session("Panel", 15)))
    new = replace(SUMMIT, sessions=(a_session("Opening", 10), a_session("Flow", 13), a_session("Theatres", 14)))

    assert differences(old, new) == [
        Difference(
            "Session: Flow",
            "Thursday 14 January 2027, 11:00 to 11:45",
            "Thursday 14 January 2027, 13:00 to 13:45",
            "This session is at another time: Flow.",
        ),
        Difference(
            "Session: Theatres",
            "not there",
            "Thursday 14 January 2027, 14:00 to 14:45",
            "There is a new session: Theatres.",
        ),
        Difference(
            "Session: Panel",
            "Thursday 14 January 2027, 15:00 to 15:45",
            "does not take place",
            "This session does not take place: Panel.",
        ),
    ]


def test_sessions_of_one_title_are_told_apart_by_which_comes_first() -> None:
    old = replace(SUMMIT, sessions=(a_session("Clinic", 10), a_session("Clinic", 11)))
    new = replace(SUMMIT, sessions=(a_session("Clinic", 10), a_session("Clinic", 12)))

    (found,) = differences(old, new)

    assert (found.old[-14:], found.new[-14:]) == ("11:00 to 11:45", "12:00 to 12:45")


def test_of_many_sessions_the_first_are_named_and_the_rest_counted() -> None:
    old, new = ([a_session(f"S{number}", hour) for number in range(50)] for hour in (10, 11))

    found = differences(replace(SUMMIT, sessions=tuple(old)), replace(SUMMIT, sessions=tuple(new)))

    assert len(found) == 21
    assert found[-1].said == "30 more sessions have changed: look at the event."


def test_how_to_attend_is_said_where_it_does_not_go_without_saying() -> None:
    assert [replace(SUMMIT, mode=mode).how for mode in (None, "offline", "online", "mixed")] == [
        None,
        None,
        "Online",
        "At the venue or online",
    ]


@pytest.mark.parametrize(
    ("before", "now", "changed", "told"),
    [
        (1, 2, ["venue"], True),
        (1, 1, ["venue"], False),
        (None, 7, ["venue", "title"], True),
        (None, 7, ["starts_at"], True),
        (None, 7, ["mode"], True),
        (None, 7, ["sessions"], True),
        (None, 7, ["capacity", "summary"], False),
    ],
)
def test_attendees_hear_of_a_risen_revision(before: int | None, now: int, changed: list[str], told: bool) -> None:
    assert must_be_told(before, now, changed) is told
