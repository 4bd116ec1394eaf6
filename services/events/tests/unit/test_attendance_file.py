"""The attendance list as a file: whole, quoted, and without a formula in it."""

import csv
import io
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_service.attendance import spreadsheet
from events_service.attendance.listing import Attendee
from events_service.registrations.model import Status


def an_attendee(**given: Any) -> Attendee:
    values: dict[str, Any] = {
        "registration_id": uuid4(),
        "person_id": uuid4(),
        "status": Status.CONFIRMED,
        "registered_at": datetime(2027, 6, 1, 8, 5, tzinfo=UTC),
        "waited": False,
        "attended_at": None,
        "given_name": "Jane",
        "family_name": "Okafor",
        "network": "Royal Wolverhampton",
        "sorted_as": "okafor jane",
    }
    return Attendee(**(values | given))


def rows(*attendees: Attendee) -> list[list[str]]:
    content = spreadsheet.written(attendees, zone="Europe/London")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_it_tells_names_and_wall_times() -> None:
    was_there = an_attendee(attended_at=datetime(2027, 6, 2, 8, 30, tzinfo=UTC))
    unknown = an_attendee(given_name=None, family_name=None, network=None, status=Status.CANCELLED)

    assert rows(was_there, unknown) == [
        ["family name", "given name", "network", "status", "registered (Europe/London)", "checked in (Europe/London)"],
        ["Okafor", "Jane", "Royal Wolverhampton", "confirmed", "2027-06-01 09:05", "2027-06-02 09:30"],
        ["", "", "", "cancelled", "2027-06-01 09:05", ""],
    ]


def test_every_cell_is_quoted_and_accents_are_read_rightly() -> None:
    content = spreadsheet.written([an_attendee(family_name='O"Brien, Siobhán')], zone="Europe/London")

    assert content.startswith("\ufeff".encode())
    line = content.decode("utf-8-sig").split("\r\n")[1]
    assert line.startswith('"O""Brien, Siobhán","Jane",')
    assert line.endswith(',""')


@pytest.mark.parametrize("cell", ["=1+1", "＝1", " =1"])
@pytest.mark.parametrize("column", ["family_name", "given_name", "network"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(cell: str, column: str) -> None:
    assert f"'{cell}" in rows(an_attendee(**{column: cell}))[1]


@given(st.text())
def test_a_name_is_one_cell_whatever_is_in_it(name: str) -> None:
    (_, found) = rows(an_attendee(given_name=name))

    assert len(found) == 6
    assert found[1] in (name, f"'{name}")
