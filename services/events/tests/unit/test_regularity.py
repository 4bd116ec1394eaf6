"""Three of four meetings in twelve months are enough, and a hair less is not."""

from datetime import date

import pytest

from events_service.meetings.model import Attendance, Regularity, twelve_months_before


@pytest.mark.parametrize(
    ("attended", "meetings", "regularity", "percent"),
    [
        (3, 4, Regularity.MET, 75.0),
        (4, 4, Regularity.MET, 100.0),
        (2, 4, Regularity.NOT_MET, 50.0),
        (9, 12, Regularity.MET, 75.0),
        (8, 12, Regularity.NOT_MET, 66.7),
        (2, 3, Regularity.NOT_MET, 66.7),
        (5, 7, Regularity.NOT_MET, 71.4),
        (0, 1, Regularity.NOT_MET, 0.0),
        (2999, 4000, Regularity.NOT_MET, 75.0),
        (0, 0, Regularity.NOTHING_TO_JUDGE, None),
    ],
)
def test_it_is_decided_in_whole_numbers(
    attended: int, meetings: int, regularity: Regularity, percent: float | None
) -> None:
    attendance = Attendance(meetings, attended)

    assert (attendance.regularity, attendance.percent) == (regularity, percent)


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 11, 23), date(2025, 11, 23)),
        (date(2028, 2, 29), date(2027, 3, 1)),
        (date(2029, 2, 28), date(2028, 2, 28)),
    ],
)
def test_twelve_months_go_back_to_the_same_day(day: date, first: date) -> None:
    assert twelve_months_before(day) == first
