"""Which days a report tells of, and how networks hang together."""

from datetime import date
from uuid import UUID, uuid5

import pytest

from analytics_service.counting.model import Coverage, NetworkCount, coverage, parents
from analytics_service.reports.model import (
    DayAhead,
    DaysOutOfOrder,
    DayTooLongAgo,
    Step,
    TooManyRows,
    check_day,
    days_between,
)
from analytics_service.snapshots.actions import decide_members

NAMESPACE = UUID("0190a1b2-0000-7000-8000-000000000000")


def a_count(path: str, members: int = 0, *, directly: int | None = None, is_open: bool = True) -> NetworkCount:
    return NetworkCount(
        network_id=uuid5(NAMESPACE, path),
        path=path,
        kind=("national", "region", "trust")[min(path.count("."), 2)],
        name=path,
        open=is_open,
        members=members,
        directly=members if directly is None else directly,
    )


def test_months_end_where_the_month_does_and_the_last_day_is_always_there() -> None:
    days = days_between(date(2026, 1, 31), date(2026, 4, 2), Step.MONTH)

    assert days == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 2)]


def test_weeks_and_days() -> None:
    assert days_between(date(2026, 1, 1), date(2026, 1, 15), Step.WEEK) == [
        date(2026, 1, 1),
        date(2026, 1, 8),
        date(2026, 1, 15),
    ]
    assert len(days_between(date(2026, 1, 1), date(2026, 1, 15), Step.DAY)) == 15
    assert days_between(date(2026, 1, 1), date(2026, 1, 1), Step.MONTH) == [date(2026, 1, 1)]


def test_days_are_refused_in_words() -> None:
    with pytest.raises(DaysOutOfOrder, match=r"from \(2026-02-01\) lies after to \(2026-01-01\)"):
        days_between(date(2026, 2, 1), date(2026, 1, 1), Step.DAY)
    with pytest.raises(TooManyRows, match="more than 300 rows"):
        days_between(date(2025, 1, 1), date(2026, 1, 1), Step.DAY)
    with pytest.raises(DayAhead, match="2026-02-01 lies ahead"):
        check_day(date(2026, 2, 1), today=date(2026, 1, 31))
    with pytest.raises(DayTooLongAgo, match="1899-12-31 is too long ago; the first day that can be told of is 1900"):
        check_day(date(1899, 12, 31), today=date(2026, 1, 31))
    assert check_day(date(1900, 1, 1), today=date(2026, 1, 31)) == date(1900, 1, 1)


def test_a_parent_is_the_nearest_network_above_even_where_one_is_not_known() -> None:
    counts = [a_count("national"), a_count("national.midlands.rwp"), a_count("national.midlandsx")]

    assert parents(counts) == dict.fromkeys((one.network_id for one in counts[1:]), counts[0].network_id)


def test_coverage_takes_open_trusts_at_the_path_and_below() -> None:
    counts = [
        a_count("national", 9),
        a_count("national.midlands", 9),
        a_count("national.midlands.rwp", 9),
        a_count("national.midlands.rrk", 0),
        a_count("national.midlands.old", 3, is_open=False),
        a_count("national.midlandsx.rx1", 4),
    ]

    assert coverage(counts, "national.midlands") == Coverage(2, 1)
    assert coverage(counts, "national") == Coverage(3, 2)


def test_members_of_the_network_itself_are_a_part_like_the_others() -> None:
    region, trust = a_count("national.midlands", 31, directly=30), a_count("national.midlands.rwp", 1)

    decided = {row.network_id: row for row in decide_members([region, trust])}

    assert (decided[region.network_id].members, decided[region.network_id].directly) == (None, 30)
    assert decided[trust.network_id].members is None
    assert decided[trust.network_id].parent_id == region.network_id
