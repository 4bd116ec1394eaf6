"""How the checker notices a calendar that does not follow its event, and an address that still opens."""

import pytest
from story_builders import a_case, id_of, wish

from guildhall_local.checker import calendars
from guildhall_local.checker.calendars import entries
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Finding
from guildhall_local.story.journal import Wish
from guildhall_local.story.plan import HUDDLE

FIRST, SECOND = "2026-11-24T10:00:05", "2026-11-24T10:00:09"


def feed(starts: str, sequence: int, status: str = "CONFIRMED", uid: str | None = None) -> str:
    wall = starts.replace("-", "").replace(":", "")
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "BEGIN:VTIMEZONE",
            "TZID:Europe/London",
            "DTSTART:19700101T000000",
            "END:VTIMEZONE",
            "BEGIN:VEVENT",
            f"UID:{uid or id_of(HUDDLE)}",
            f"SEQUENCE:{sequence}",
            f"DTSTART;TZID=Europe/London:{wall[:10]}",
            f" {wall[10:]}",
            f"STATUS:{status}",
            "BEGIN:VALARM",
            "END:VALARM",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )


def read(when: str, text: str) -> Wish:
    return wish("read-calendar", "", about=when, answer=text)


RIGHT = {
    "before the move": feed(FIRST, 1),
    "after the move": feed(SECOND, 2),
    "when it is cancelled": feed(SECOND, 3, "CANCELLED"),
}


def case_of(given: dict[str, str], *, revoked: int = 404) -> Case:
    drafted = wish("draft-event", "moira", about=HUDDLE, body={"starts": FIRST})
    moved = wish("move-event", "moira", about=HUDDLE, body={"starts": SECOND})
    readings = [read(when, text) for when, text in (RIGHT | given).items()]
    return a_case([drafted, moved, *readings], revoked_calendar=revoked)


def look(case: Case, claim: str = "follows") -> Finding:
    [check] = [check for check in calendars.CHECKS if claim in check.name]
    return check.look(case)


def test_an_entry_that_follows_differs_nowhere() -> None:
    assert look(case_of({})) == Finding("3 readings of one entry, the last with SEQUENCE 3", [])


def test_folded_lines_and_parameters_are_read() -> None:
    [entry] = entries(RIGHT["before the move"])

    assert entry["DTSTART"] == "20261124T100005"


@pytest.mark.parametrize(
    ("when", "text", "words"),
    [
        ("after the move", feed(FIRST, 2), "after the move it starts: 20261124T100005 instead of 20261124T100009"),
        ("after the move", feed(SECOND, 1), "its SEQUENCE is 1, after 1: calendars keep the old entry"),
        ("after the move", feed(SECOND, 2, uid="another"), "after the move the feed holds 0 entries of the event"),
        ("when it is cancelled", feed(SECOND, 3), "when it is cancelled it is: CONFIRMED instead of CANCELLED"),
    ],
)
def test_an_entry_that_stays_behind_is_noticed(when: str, text: str, words: str) -> None:
    assert words in look(case_of({when: text})).words


def test_an_address_that_still_opens_is_noticed() -> None:
    assert look(case_of({}, revoked=200), "taken back").words == "an address that was taken back was answered 200"
