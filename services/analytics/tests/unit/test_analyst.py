"""A reader who keeps every publication of every day, and puts them together, never learns a count of 1 to 7."""

from collections import Counter
from collections.abc import Callable

import pytest
from adversary import TooHard
from analyst import (
    Analyst,
    Given,
    Publish,
    Reads,
    Trusts,
    as_it_is,
    by_the_rule,
    only_rounded,
    only_suppressed,
    published,
)
from differencing import ELSEWHERE, PEOPLE, Day
from figures import Figures
from hypothesis import HealthCheck, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

SECTION = "disclosure"
MOST_DAYS = 3
READERS = (frozenset[int](), frozenset({0}), frozenset({0, 1}))
"""Somebody elsewhere, the lead of one trust, whoever leads two."""


def machine(publish: Publish, reads: Reads, heard: Counter[str]) -> Callable[[], RuleBasedStateMachine]:
    """The life of a region with an event, and what is found out about it."""

    class Region(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.days: list[Trusts] = []
            self.given: list[Given] = []

        @initialize(people=st.lists(st.tuples(PEOPLE, st.integers(0, 2)), min_size=2, max_size=3), guests=PEOPLE)
        def an_event_is_published(self, people: list[tuple[int, int]], guests: int) -> None:
            members = tuple(count for count, _ in people)
            self.members, self.active = members, tuple(count // (share + 1) for count, share in people)
            self.event: Day = {part: _nobody_yet(count) for part, count in [*enumerate(members), (ELSEWHERE, guests)]}

        @rule(trust=st.integers(0, 2), joining=st.integers(1, 3))
        def some_join(self, trust: int, joining: int) -> None:
            trust %= len(self.members)
            self.members = _more(self.members, trust, joining)

        @rule(trust=st.integers(0, 2), leaving=st.integers(1, 3))
        def some_leave(self, trust: int, leaving: int) -> None:
            trust %= len(self.members)
            self.members = _more(self.members, trust, -min(leaving, self.members[trust]))
            self.active = tuple(map(min, self.active, self.members))

        @rule(part=st.integers(0, 3), registering=st.sampled_from([1, 2, 8]), coming=st.sampled_from([0, 1, 8]))
        def some_register(self, part: int, registering: int, coming: int) -> None:
            counts = list(self.event.values())[part % len(self.event)]
            counts["registered"] = min(counts["told"], counts["registered"] + registering)
            counts["attended"] = min(counts["registered"], counts["attended"] + coming)

        @precondition(lambda self: len(self.days) < MOST_DAYS)
        @rule()
        def a_day_ends(self) -> None:
            event = {part: dict(counts) for part, counts in self.event.items()}
            self.days.append(Trusts(members=self.members, active=self.active, event=event))
            self.given.append(publish(len(self.days) - 1, self.days[-1], self.given))

        def teardown(self) -> None:
            for knows in READERS if self.days else ():
                try:
                    found = Analyst(knows, reads).finds(self.days, self.given)
                except TooHard:
                    heard["given up"] += 1
                    continue
                heard["asked"] += 1
                heard["found"] += len(found)
                assert found == [], (sorted(knows), self.days)

    return Region


def _nobody_yet(eligible: int) -> dict[str, int]:
    return {"eligible": eligible, "told": eligible, "registered": 0, "waited": 0, "attended": 0}


def _more(counts: tuple[int, ...], place: int, by: int) -> tuple[int, ...]:
    return tuple(count + by if number == place else count for number, count in enumerate(counts))


def play(publish: Publish, reads: Reads, *, seed: int, examples: int) -> Counter[str]:
    heard = Counter[str]()
    quick = settings(
        max_examples=examples,
        stateful_step_count=12,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seeded(seed)(machine(publish, reads, heard)), settings=quick)
    return heard


def say(figures: Figures, heard: Counter[str]) -> None:
    figures.say(SECTION, "readers who put everything together", heard["asked"], at_least=20)
    figures.say(SECTION, "puzzles given up as too hard", heard["given up"], at_most=heard["asked"] / 3)
    figures.say(SECTION, "counts of 1-7 uniquely determined", heard["found"], at_most=0)


def test_nobody_learns_a_small_count_from_everything_together(seed: int, figures: Figures) -> None:
    say(figures, play(published, by_the_rule, seed=seed, examples=25))


@pytest.mark.faults
def test_nobody_does_in_a_long_look_either(seed: int, figures: Figures) -> None:
    say(figures, play(published, by_the_rule, seed=seed, examples=800))


def test_without_rounding_somebody_does() -> None:
    with pytest.raises(AssertionError):
        play(only_suppressed, as_it_is, seed=7, examples=500)


def test_without_totals_that_give_way_somebody_does() -> None:
    """Two trusts of at least eight, a third of at least one, and a total of at most seventeen."""
    members = (8, 8, 1)
    day = Trusts(
        members=members,
        active=members,
        event={part: _nobody_yet(count) for part, count in [*enumerate(members), (ELSEWHERE, 0)]},
    )

    found = Analyst(frozenset()).finds([day], [only_rounded(0, day, [])])

    assert (0, 2, "members") in found
    assert Analyst(frozenset()).finds([day], [published(0, day, [])]) == []
