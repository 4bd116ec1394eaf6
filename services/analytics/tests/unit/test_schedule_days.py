"""When a scheduled report is due, and of which days it tells."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_service.schedules.model import Every, NoSuchDay, hash_of, last_due, link_of, next_due, period_of

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("every", "on_day", "after", "due"),
    [
        (Every.WEEK, 1, MONDAY, MONDAY + timedelta(days=7)),
        (Every.WEEK, 2, MONDAY, MONDAY + timedelta(days=1)),
        (Every.WEEK, 7, MONDAY, MONDAY + timedelta(days=6)),
        (Every.MONTH, 1, date(2026, 1, 31), date(2026, 2, 1)),
        (Every.MONTH, 28, date(2026, 2, 28), date(2026, 3, 28)),
        (Every.MONTH, 5, date(2026, 12, 31), date(2027, 1, 5)),
    ],
)
def test_a_report_is_next_due_on_the_next_such_day(every: Every, on_day: int, after: date, due: date) -> None:
    assert next_due(every, on_day, after=after) == due


@given(st.sampled_from(Every), st.integers(1, 7), DAYS)
def test_the_last_due_day_is_the_one_before_the_next(every: Every, on_day: int, today: date) -> None:
    last = last_due(every, on_day, today=today)

    assert last <= today < next_due(every, on_day, after=today)
    assert next_due(every, on_day, after=last) == next_due(every, on_day, after=today)


@given(st.sampled_from(Every), st.integers(1, 7), DAYS)
def test_periods_follow_each_other_without_gap_or_overlap(every: Every, on_day: int, today: date) -> None:
    this, following = last_due(every, on_day, today=today), next_due(every, on_day, after=today)

    assert period_of(every, this)[1] + timedelta(days=1) == period_of(every, following)[0]
    assert period_of(every, this)[1] < this


def test_a_week_is_the_seven_days_before_and_a_month_the_calendar_month_before() -> None:
    assert period_of(Every.WEEK, MONDAY) == (date(2026, 11, 16), date(2026, 11, 22))
    assert period_of(Every.MONTH, date(2026, 3, 5)) == (date(2026, 2, 1), date(2026, 2, 28))


@pytest.mark.parametrize(("every", "on_day"), [(Every.WEEK, 8), (Every.WEEK, 0), (Every.MONTH, 29)])
def test_a_day_that_not_every_period_has_is_refused_in_words(every: Every, on_day: int) -> None:
    with pytest.raises(NoSuchDay, match=f"a {every} is told of on one of its days 1 to"):
        next_due(every, on_day, after=MONDAY)


def test_a_link_holds_all_its_chance_and_its_hash_does_not_tell_it() -> None:
    link = link_of(bytes(range(24)))

    assert (len(link), link.isascii()) == (32, True)
    assert hash_of(link) != hash_of(link_of(bytes(24)))
    assert link not in hash_of(link)
