"""Nobody learns how many of a cohort stayed or left, where that would be 1 to 7; without protection, they do."""

from collections.abc import Mapping

from adversary import Name, Puzzle, Range, said_by
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_service.disclosure.model import shown
from analytics_service.disclosure.retention import JOINED, publish_cohort

Cohort = dict[int, int]
"""People by months after, `JOINED` being those who joined."""


@st.composite
def cohorts(draw: st.DrawFn) -> Cohort:
    """Somebody may come back, so that more may be there after six months than after one."""
    joined = draw(st.sampled_from([0, 1, 2, 5, 7, 8, 9, 10, 12, 13, 17, 18]))
    return {JOINED: joined} | {after: draw(st.integers(0, joined)) for after in (1, 6, 12)}


def given_away(
    cohort: Cohort, figures: Mapping[int, int | None], *, knows_who_joined: bool, plainly: bool = False
) -> list[Name]:
    """Counts of 1 to 7 that are certain, of those who joined, stayed or left.

    plainly: whether each figure was published by the rule for one figure alone.
    """
    puzzle, truth, secrets = Puzzle(), dict[Name, int](), dict[Name, list[Name]]()
    joined, said_of_joined = cohort[JOINED], said_by(figures[JOINED])
    if figures[JOINED] is None:
        said_of_joined = (1, 7)
    if knows_who_joined:
        said_of_joined = (joined, joined)
    ages = [age for age in cohort if age != JOINED]
    for age in ages:
        stayed, left = ("stayed", age), ("left", age)
        truth |= {stayed: cohort[age], left: joined - cohort[age]}
        puzzle.counts |= {stayed: _said(figures, age, plainly), left: (0, 200)}
        puzzle.sums.append((said_of_joined, [stayed, left]))
        secrets |= {name: [name] for name in (stayed, left) if 0 < truth[name] < 8}
    if 0 < joined < 8 and not knows_who_joined:
        secrets["joined"] = [("stayed", ages[0]), ("left", ages[0])]
    return puzzle.given_away(truth, secrets)


def _said(figures: Mapping[int, int | None], age: int, plainly: bool) -> Range:
    if figures[age] is None:
        return (1, 7) if plainly or figures[JOINED] else (0, 200)
    return said_by(figures[age])


@settings(max_examples=200, deadline=None)
@given(cohorts())
def test_no_reader_learns_how_many_stayed_or_left(cohort: Cohort) -> None:
    figures = publish_cohort(cohort[JOINED], {age: people for age, people in cohort.items() if age != JOINED})

    assert given_away(cohort, figures, knows_who_joined=False) == []
    assert given_away(cohort, figures, knows_who_joined=True) == []


def test_without_protection_whoever_knows_the_one_who_joined_learns_whether_they_stayed() -> None:
    cohort = {JOINED: 1, 1: 1, 6: 1, 12: 0}
    rounded_only = {age: shown(people) for age, people in cohort.items()}

    assert ("stayed", 1) in given_away(cohort, rounded_only, knows_who_joined=True, plainly=True)
    assert publish_cohort(1, {1: 1, 12: 0}) == {JOINED: None, 1: None, 12: None}


def test_of_many_everything_is_rounded_and_of_nobody_nothing_is_hidden() -> None:
    assert publish_cohort(42, {1: 41, 6: 6, 12: 0}) == {JOINED: 40, 1: 40, 6: None, 12: 0}
    assert publish_cohort(0, {1: 0}) == {JOINED: 0, 1: 0}
