"""Nobody learns how many were active, or were not, where that would be 1 to 7; without protection, they do."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from activity_adversary import active_networks, activity_given_away, members_of
from adversary import TooHard
from hypothesis import example, find, given, reject, settings

from analytics_service.disclosure.activity import Active, publish_activity
from analytics_service.disclosure.members import Figures
from analytics_service.disclosure.model import shown

Reader = tuple[tuple[Active, ...], bool]


def readers(network: Active) -> Iterator[Reader]:
    """Nobody in particular, the network's own lead, the lead of any network below, somebody who leads two parts."""
    yield (), False
    yield (), True
    yield from (((one,), False) for one in network.all() if one is not network)
    yield from ((pair, False) for pair in combinations(network.parts, 2))


def of_trusts(*people: tuple[int, int]) -> Active:
    """Each trust by its members and how many of them were active."""
    parts = tuple(Active(name=number, members=m, active=a) for number, (m, a) in enumerate(people))
    return Active(name="region", members=sum(m for m, _ in people), active=sum(a for _, a in people), parts=parts)


def rounded_only(network: Active) -> Figures:
    """The wrong variant: each figure by the rule, and nothing else."""
    return {one.name: shown(one.active) for one in network.all()}


@settings(max_examples=120, deadline=None)
@given(active_networks())
@example(of_trusts((1, 1), (30, 20)))
@example(of_trusts((8, 8), (9, 2), (1, 0)))
@example(of_trusts((12, 12), (12, 9)))
def test_no_reader_learns_a_small_number_of_active_or_idle_members(network: Active) -> None:
    figures = publish_activity(network, members_of(network))

    for known, all_members in readers(network):
        try:
            assert activity_given_away(network, figures, known, all_members=all_members) == []
        except TooHard:
            reject()


def test_without_protection_the_lead_of_a_trust_of_one_learns_whether_it_was_active() -> None:
    network = of_trusts((1, 1), (30, 20))

    assert (0, "active") in activity_given_away(network, rounded_only(network), all_members=True, plainly=True)
    assert publish_activity(network, members_of(network))[0] is None


def test_without_protection_somebody_learns_one() -> None:
    def is_learned(network: Active) -> bool:
        try:
            return any(
                activity_given_away(network, rounded_only(network), known, all_members=all_members, plainly=True)
                for known, all_members in readers(network)
            )
        except TooHard:
            return False

    assert find(active_networks(), is_learned) is not None


@pytest.mark.parametrize(
    ("members", "active", "figure"),
    [(0, 0, 0), (7, 0, None), (7, 7, None), (8, 0, 0), (8, 1, None), (8, 8, 10), (30, 12, 10), (30, 13, 15)],
)
def test_of_too_few_members_nothing_is_said(members: int, active: int, figure: int | None) -> None:
    network = Active(name="trust", members=members, active=active)

    assert publish_activity(network, members_of(network)) == {"trust": figure}


def test_a_total_gives_way_where_it_would_tell_how_many_were_idle() -> None:
    network = of_trusts((40, 38), (40, 38))

    assert publish_activity(network, members_of(network))["region"] is None, "80 members less 76 would be 4"
    assert publish_activity(of_trusts((40, 20), (40, 20)), members_of(network))["region"] == 40


def test_people_in_two_trusts_are_no_way_round() -> None:
    parts = (Active(name="a", members=20, active=12), Active(name="b", members=20, active=3))
    region = Active(name="region", members=39, active=14, parts=parts)

    figures = publish_activity(region, members_of(region))

    assert (figures["a"], figures["b"]) == (10, None)
