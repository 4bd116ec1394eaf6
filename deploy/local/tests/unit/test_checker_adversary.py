"""What somebody can work out from figures: the checker must find what is given away, and nothing that is not."""

import pytest

from guildhall_local.checker.adversary import ANY, Below, Range, Sum, exactly, learnt, narrowed, published

REGIONS = Sum("national", ["midlands", "london", "east"])
COUNTS = {"national": 43, "midlands": 20, "london": 20, "east": 3}


@pytest.mark.parametrize(
    ("figure", "range_"),
    [(0, (0, 0)), (None, (1, 7)), (10, (8, 12)), (15, (13, 17))],
)
def test_a_published_figure_says_between_what_its_count_lies(figure: int | None, range_: Range) -> None:
    assert published(figure) == range_


def test_a_suppressed_total_may_be_any_number() -> None:
    assert published(None, is_total=True) == (1, ANY)


def test_a_small_count_among_exact_ones_is_found_by_subtraction() -> None:
    known = {"national": exactly(43), "midlands": exactly(20), "london": exactly(20), "east": published(None)}

    assert learnt(known, [REGIONS], COUNTS, own={"midlands"}) == ["east can only be 3"]
    assert narrowed(known, [REGIONS])["east"] == (3, 3)


def test_a_rounded_total_hides_it() -> None:
    known = {"national": published(45), "midlands": exactly(20), "london": published(20), "east": published(None)}

    assert learnt(known, [REGIONS], COUNTS, own={"midlands"}) == []


def test_one_s_own_small_counts_and_large_ones_are_no_finding() -> None:
    known = {"national": exactly(43), "midlands": exactly(20), "london": exactly(20)}

    assert learnt(known, [REGIONS], COUNTS, own={"midlands", "east"}) == []
    assert learnt(known, [REGIONS], COUNTS | {"east": 13}, own=set()) == []


def test_a_count_is_found_through_two_sums() -> None:
    trusts = Sum("london", ["rj1", "rj2"])
    known = {
        "national": exactly(30),
        "midlands": exactly(20),
        "east": exactly(0),
        "rj1": published(None),
        "rj2": exactly(8),
    }

    assert learnt(known, [REGIONS, trusts], {"rj1": 2, "rj2": 8, "london": 10}, own={"midlands"}) == [
        "rj1 can only be 2"
    ]


def test_extreme_roundings_that_leave_one_possibility_are_found() -> None:
    """A total at the very bottom of what its parts allow."""
    trusts = Sum("london", ["rj1", "rj2"])
    known = {"london": published(10), "rj1": (11, 12), "rj2": published(None)}

    assert learnt(known, [trusts], {"rj1": 11, "rj2": 1}, own={"rj1"}) == ["rj2 can only be 1"]


def test_a_count_that_another_bounds_is_found() -> None:
    """Who attended is registered: where one of two parts may hold nobody, the other holds them all."""
    attended = Sum("attended", ["attended here", "attended there"])
    known = {"attended": exactly(3), "registered here": exactly(0), "attended there": published(None)}

    learnt_ = learnt(
        known, [attended, Below("attended here", "registered here")], {"attended there": 3}, own={"attended"}
    )

    assert learnt_ == ["attended there can only be 3"]


def test_figures_that_contradict_each_other_are_told() -> None:
    known = {"national": exactly(5), "midlands": exactly(20)}

    assert learnt(known, [REGIONS], COUNTS, own=set()) == ["no count of national fits all that is said"]
