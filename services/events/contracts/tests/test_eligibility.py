"""Who may come: the one answer that events, notifications and analytics give."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_contracts import MembershipFacts, Rule, eligible

DAY = date(2027, 1, 28)
NATIONAL, MIDLANDS, RWP, LONDON = uuid4(), uuid4(), uuid4(), uuid4()


def a_membership(*networks: UUID, **given: Any) -> MembershipFacts:
    """Of rwp in the Midlands, unless other networks are named."""
    facts: dict[str, Any] = {
        "networks": frozenset(networks or (NATIONAL, MIDLANDS, RWP)),
        "since": date(2025, 4, 1),
        "until": None,
        "sector": "acute",
        "job_role": "service-manager",
    }
    return MembershipFacts(**(facts | given))


@pytest.mark.parametrize("network", [NATIONAL, MIDLANDS, RWP])
def test_a_member_may_come_where_the_network_or_one_above_is_named(network: UUID) -> None:
    answer = eligible(Rule(networks=[network]), [a_membership()], DAY)

    assert (answer.ok, answer.code, answer.because) == (True, "", "")


@pytest.mark.parametrize(
    ("rule", "memberships", "code", "because"),
    [
        (Rule(networks=[RWP]), [], "no-member", "you are not a member on that day"),
        (Rule(networks=[LONDON]), [a_membership()], "other-network", "it is open to members of other networks"),
        (
            Rule(networks=[RWP], sectors=["mental-health"]),
            [a_membership()],
            "other-sector",
            "it is open to other sectors",
        ),
        (
            Rule(networks=[RWP], job_roles=["director"]),
            [a_membership()],
            "other-job-role",
            "it is open to other job roles",
        ),
        (
            Rule(networks=[RWP], sectors=["acute"]),
            [a_membership(sector=None)],
            "other-sector",
            "it is open to other sectors",
        ),
    ],
)
def test_who_may_not_come_is_told_why(rule: Rule, memberships: list[MembershipFacts], code: str, because: str) -> None:
    answer = eligible(rule, memberships, DAY)

    assert (answer.ok, answer.code, answer.because) == (False, code, because)


@pytest.mark.parametrize(
    ("on", "ok"),
    [
        (date(2026, 12, 31), False),
        (date(2027, 1, 1), True),
        (date(2027, 1, 31), True),
        (date(2027, 2, 1), False),
    ],
)
def test_a_membership_counts_from_its_first_day_to_its_last(on: date, ok: bool) -> None:
    january = a_membership(since=date(2027, 1, 1), until=date(2027, 1, 31))

    assert eligible(Rule(networks=[RWP]), [january], on).ok is ok


def test_one_membership_must_fulfil_the_whole_rule() -> None:
    here = a_membership(sector="community")
    elsewhere = a_membership(NATIONAL, LONDON, sector="acute")

    answer = eligible(Rule(networks=[RWP], sectors=["acute"]), [here, elsewhere], DAY)

    assert (answer.ok, answer.code) == (False, "other-sector")


facts = st.builds(
    MembershipFacts,
    networks=st.frozensets(st.sampled_from([NATIONAL, MIDLANDS, RWP, LONDON]), min_size=1),
    since=st.dates(DAY - timedelta(days=3), DAY + timedelta(days=3)),
    until=st.none() | st.dates(DAY - timedelta(days=3), DAY + timedelta(days=3)),
    sector=st.none() | st.sampled_from(["acute", "community"]),
    job_role=st.none() | st.sampled_from(["director", "manager"]),
)
rules = st.builds(
    Rule,
    networks=st.lists(st.sampled_from([NATIONAL, MIDLANDS, RWP, LONDON]), min_size=1),
    sectors=st.lists(st.sampled_from(["acute", "community"])),
    job_roles=st.lists(st.sampled_from(["director", "manager"])),
)


@given(rules, st.lists(facts, max_size=4))
def test_who_may_come_is_whoever_one_membership_lets_in(rule: Rule, memberships: list[MembershipFacts]) -> None:
    answer = eligible(rule, memberships, DAY)

    assert answer.ok == any(eligible(rule, [one], DAY).ok for one in memberships)
    assert answer.ok == (answer.code == "")


@given(rules, st.lists(facts, max_size=3), facts)
def test_one_membership_more_never_shuts_anybody_out(
    rule: Rule, memberships: list[MembershipFacts], another: MembershipFacts
) -> None:
    if eligible(rule, memberships, DAY).ok:
        assert eligible(rule, [*memberships, another], DAY).ok
