"""Whoever puts together all that one reader was given never learns a count of 1 to 7; without protection, they do."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import combinations, product

import pytest
from adversary import Name, TooHard
from differencing import (
    ELSEWHERE,
    Day,
    day_number,
    event_days,
    funnel_given_away,
    members_given_away,
    networks,
    own_parts,
)
from hypothesis import example, find, given, reject, settings

from analytics_service.disclosure.funnels import ALL, MEASURES, PublishedFunnel, publish_funnel
from analytics_service.disclosure.members import Counted, Figures, publish_members
from analytics_service.disclosure.model import shown

Known = tuple[Counted, ...]
Seen = tuple[int | None, ...]


def readers(network: Counted) -> Iterator[Known]:
    """Nobody's lead, the lead of any network below, and somebody who leads two of the parts."""
    yield ()
    yield from ((one,) for one in network.all() if one is not network)
    yield from combinations(network.parts, 2)


def rounded_only(network: Counted) -> Figures:
    """The wrong variant: each figure by the rule, and nothing else."""
    return {one.name: shown(one.people) for one in network.all()}


def of_trusts(*people: int) -> Counted:
    parts = tuple(Counted(name=number, people=count) for number, count in enumerate(people))
    return Counted(name="region", people=sum(people), parts=parts)


@settings(max_examples=150, deadline=None)
@given(networks())
@example(of_trusts(8, 8, 1))
@example(of_trusts(11, 7))
@example(of_trusts(1, 1, 1, 1, 1, 1, 1))
def test_no_reader_learns_a_small_number_of_members(network: Counted) -> None:
    figures = publish_members(network)

    for known in readers(network):
        assert members_given_away(network, figures, known) == []


def test_without_secondary_suppression_somebody_learns_one() -> None:
    everybody = of_trusts(8, 8, 1)

    assert members_given_away(everybody, rounded_only(everybody)) == [2]
    found = find(networks(), lambda one: any(members_given_away(one, rounded_only(one), who) for who in readers(one)))
    assert found is not None


@pytest.mark.parametrize(("trusts", "most", "known"), [(4, 12, None), (3, 17, None), (3, 17, 0)])
def test_nobody_learns_one_by_reading_this_code(trusts: int, most: int, known: int | None) -> None:
    """Whoever knows how it is decided can look at every table that would have been published just so.

    known: the trust whose members they know exactly.
    """
    alike: dict[tuple[Seen, int], list[set[int]]] = defaultdict(lambda: [set() for _ in range(trusts)])
    total = cache(lambda people: publish_members(of_trusts(*people))["region"])
    for people in product(range(most + 1), repeat=trusts):
        seen = (*map(shown, people), total(tuple(sorted(people))))
        places = alike[seen, 0 if known is None else people[known]]
        for counts, count in zip(places, people, strict=True):
            counts.add(count)

    certain = [
        seen
        for (seen, _), places in alike.items()
        if any(seen[place] is None and place != known and len(counts) == 1 for place, counts in enumerate(places))
    ]
    assert len(alike) > 50
    assert certain == []


def test_a_large_network_shows_its_total_beside_small_trusts() -> None:
    network = of_trusts(3, 5, 0, *(10 + number for number in range(20)))

    figures = publish_members(network)

    assert figures["region"] == shown(network.people)
    assert [figures[number] for number in range(3)] == [None, None, 0]


def published(days: list[Day], *, forgetting: bool = False) -> list[PublishedFunnel]:
    """forgetting: the wrong variant, which looks at each day alone."""
    found: list[PublishedFunnel] = []
    for number, day in enumerate(days):
        before = [] if forgetting else found
        found = [*found, publish_funnel(day_number(number), day, own=own_parts(day), before=before)]
    return found


def only_rounded(days: list[Day]) -> list[PublishedFunnel]:
    found = []
    for number, day in enumerate(days):
        total = {measure: sum(counts[measure] for counts in day.values()) for measure in MEASURES}
        parts = {part: {m: shown(count) for m, count in counts.items()} for part, counts in {**day, ALL: total}.items()}
        found.append(PublishedFunnel(day=day_number(number), parts=parts))
    return found


@settings(max_examples=100, deadline=None)
@given(event_days())
def test_no_reader_learns_a_small_figure_of_an_event_from_all_days_together(days: list[Day]) -> None:
    figures = published(days)

    try:
        assert funnel_given_away(days, figures) == []
        assert funnel_given_away(days, figures, own_parts(days[0])) == []
    except TooHard:
        reject()


def test_without_protection_the_events_own_lead_learns_how_many_came_from_elsewhere() -> None:
    days = [a_day(registered={0: 26, ELSEWHERE: 1})]

    assert (0, ELSEWHERE, "registered") in funnel_given_away(days, only_rounded(days), own_parts(days[0]))
    assert funnel_given_away(days, published(days), own_parts(days[0])) == []


def test_looking_at_each_day_alone_two_days_give_one_away() -> None:
    """Four networks go from 12 to 13 while a fifth stays at 5: their figures flip, and one solution is left."""
    days = [a_day(registered=four_networks_of(count)) for count in (12, 13)]

    forgetful = published(days, forgetting=True)
    assert [funnel.parts[ALL]["registered"] for funnel in forgetful] == [55, 55]
    assert (1, 4, "registered") in funnel_given_away(days, forgetful)

    remembering = published(days)
    assert [funnel.parts[ALL]["registered"] for funnel in remembering] == [55, None]
    assert funnel_given_away(days, remembering) == []


def test_a_day_that_was_left_out_is_protected_against_those_around_it() -> None:
    days = [a_day(registered=four_networks_of(count)) for count in (12, 13)]
    later = publish_funnel(day_number(1), days[1], own=own_parts(days[1]))

    earlier = publish_funnel(day_number(0), days[0], own=own_parts(days[0]), before=[later])

    assert funnel_given_away(days, [earlier, later]) == []


def test_a_correction_does_not_silence_an_event_for_ever() -> None:
    days = [a_day(registered={0: 40, 1: 30, ELSEWHERE: 0}), a_day(registered={0: 20, 1: 30, ELSEWHERE: 0})]

    assert [funnel.parts[ALL]["registered"] for funnel in published(days)] == [70, 50]


def four_networks_of(count: int) -> dict[Name, int]:
    return {0: count, 1: count, 2: count, 3: count, 4: 5, ELSEWHERE: 0}


def a_day(*, registered: dict[Name, int]) -> Day:
    """Nobody waited or came, and everybody was told."""
    return {
        part: {"eligible": 60, "told": 60, "registered": count, "waited": 0, "attended": 0}
        for part, count in registered.items()
    }
