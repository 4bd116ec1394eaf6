"""Wall times and instants, on the days when the clocks change above all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from event_builders import wall
from hypothesis import given
from hypothesis import strategies as st

from events_service.gatherings.wall_time import NoSuchTime, UnknownZone, UnlikelyYear, instant, shown_at


def test_a_summer_time_is_an_hour_ahead_of_utc() -> None:
    assert instant(wall("2027-07-01T09:00"), "Europe/London") == datetime(2027, 7, 1, 8, 0, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_refused_in_words() -> None:
    with pytest.raises(NoSuchTime) as refusal:
        instant(wall("2027-03-28T01:30"), "Europe/London")

    assert refusal.value.detail == (
        "01:30 on 2027-03-28 does not exist in Europe/London: the clocks go forward past it."
        " The same moment is shown as 02:30."
    )


def test_a_time_that_comes_twice_is_the_first() -> None:
    assert instant(wall("2027-10-31T01:30"), "Europe/London") == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_the_second_of_two_is_taken_for_the_first_as_well() -> None:
    """A fold in what is given decides nothing: JSON cannot carry it."""
    second = wall("2027-10-31T01:30").replace(fold=1)

    assert instant(second, "Europe/London") == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone", ["Europe/Londn", "", "../../etc/passwd", "/etc/localtime", "Europe", "a\x00b", "x" * 500]
)
def test_what_is_no_zone_is_refused_in_words(zone: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        instant(wall("2027-07-01T09:00"), zone)

    assert refusal.value.detail == f'"{zone[:80]}" is not a time zone: expected a name such as Europe/London.'


@pytest.mark.parametrize("year", [1, 1999, 2200, 9999])
def test_years_in_which_nothing_is_held_are_refused(year: int) -> None:
    with pytest.raises(UnlikelyYear, match=f"^{year} is not a year in which an event is held"):
        instant(wall("2000-01-01T00:00").replace(year=year), "Pacific/Kiritimati")


def test_an_instant_is_shown_as_people_there_read_it() -> None:
    assert shown_at(datetime(2027, 7, 1, 8, 0, tzinfo=UTC), "Europe/London") == "09:00 on 2027-07-01 (Europe/London)"


@given(
    st.datetimes(min_value=wall("2000-01-01T00:00"), max_value=wall("2199-12-30T00:00")),
    st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_whatever_is_not_refused_is_shown_again_as_it_was_given(wall: datetime, zone: str) -> None:
    try:
        meant = instant(wall, zone)
    except NoSuchTime:
        tz = ZoneInfo(zone)
        before, after = (wall.replace(tzinfo=tz, fold=fold).utcoffset() for fold in (0, 1))
        assert before is not None
        assert after is not None
        assert after > before, "refused, although the clocks do not go forward there"
        return

    assert meant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
    assert abs(meant.replace(tzinfo=None) - wall) <= timedelta(hours=26)
