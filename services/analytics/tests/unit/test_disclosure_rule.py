"""The rule for one figure, and what a table gives away without more than the rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_service.disclosure.bounds import Adds, AtMost, Contradiction, Covers, Relations, of_figure
from analytics_service.disclosure.model import is_small, mean, percentage, shown


@pytest.mark.parametrize(
    ("count", "figure"),
    [(0, 0), (1, None), (7, None), (8, 10), (12, 10), (13, 15), (17, 15), (18, 20), (402, 400), (403, 405)],
)
def test_a_count_is_shown_as_nhs_statistics_show_it(count: int, figure: int | None) -> None:
    assert shown(count) == figure


@given(st.integers(0, 100_000))
def test_a_figure_says_no_more_than_its_range(count: int) -> None:
    low, high = of_figure(shown(count))

    assert low <= count <= high
    assert is_small(count) == (shown(count) is None)
    assert shown(count) is None or shown(count) == 0 or (high - low == 4 and low >= 8)


def test_percentages_are_of_figures_as_they_are_shown() -> None:
    assert percentage(shown(13), shown(27)) == 60.0
    assert percentage(shown(5), shown(27)) is None
    assert percentage(shown(0), shown(0)) is None


def test_a_mean_needs_eight_people() -> None:
    assert mean(80, 8) == 10
    assert mean(70, 7) is None


def test_a_sum_narrows_its_parts_and_its_whole() -> None:
    left = Relations([Adds("all", ("a", "b"))]).narrow({"all": (18, 22), "a": (11, 11), "b": (1, 7)})

    assert left == {"all": (18, 18), "a": (11, 11), "b": (7, 7)}


def test_people_in_two_parts_make_a_whole_say_less() -> None:
    left = Relations([Covers("all", ("a", "b"))]).narrow({"all": (18, 22), "a": (8, 12), "b": (1, 7)})

    assert left == {"all": (18, 19), "a": (11, 12), "b": (6, 7)}


def test_an_order_narrows_both_sides() -> None:
    left = Relations([AtMost("less", "more")]).narrow({"less": (2, 9), "more": (1, 5)})

    assert left == {"less": (2, 5), "more": (2, 5)}


def test_figures_that_cannot_be_true_together_are_a_contradiction() -> None:
    with pytest.raises(Contradiction):
        Relations([AtMost("less", "more")]).narrow({"less": (5, 9), "more": (1, 4)})
