"""How a network is joined: by its own policy, else by one above it; and what becomes of a request, once."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from membership_service.joining import model
from membership_service.joining.model import JoinRequest
from membership_service.joining.policy import DomainRefused, Policy, checked_domains, holding
from membership_service.memberships.model import AlreadyMember, Description, Membership
from membership_service.networks.model import Network
from servicekit.problem import PreconditionFailed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def a_network(path: str, kind: str = "trust") -> Network:
    label = path.rpartition(".")[2]
    return Network(id=uuid4(), kind=kind, name=label.title(), path=path, cell="midlands", since=date(2000, 1, 1))


NATION, MIDLANDS = a_network("national", "national"), a_network("national.midlands", "region")
TRUST, LONDON = a_network("national.midlands.rwp"), a_network("national.london", "region")
GROUP = a_network("national.cohort", "group")


def set_at(network: Network, policy: str, *domains: str) -> tuple[Policy, Network]:
    return Policy(network_id=network.id, policy=policy, domains=domains, version=3), network


def a_request(**given: Any) -> JoinRequest:
    facts: dict[str, Any] = {"id": uuid4(), "network_id": TRUST.id, "path": TRUST.path, "cell": "midlands"}
    return JoinRequest(**(facts | {"person_id": uuid4(), "way": "approval", "requested_at": NOW} | given))


def a_membership(network_id: UUID, until: date | None) -> Membership:
    return Membership(
        id=uuid4(),
        person_id=uuid4(),
        network_id=network_id,
        path="national.midlands.rwp",
        cell="midlands",
        main=True,
        since=date(2020, 1, 1),
        until=until,
        description=Description(job_role=None, sector=None, described_from=date(2020, 1, 1)),
    )


@pytest.mark.parametrize(
    ("found", "policy", "source"),
    [
        ([], "by-approval", None),
        ([set_at(NATION, "open")], "open", NATION),
        ([set_at(MIDLANDS, "by-invitation"), set_at(NATION, "open")], "by-invitation", MIDLANDS),
        ([set_at(NATION, "open"), set_at(TRUST, "by-approval")], "by-approval", TRUST),
        ([set_at(LONDON, "open")], "by-approval", None),
    ],
)
def test_a_trust_is_joined_by_the_nearest_policy_at_or_above_it(
    found: list[tuple[Policy, Network]], policy: str, source: Network | None
) -> None:
    joining = holding(TRUST, found)

    assert (joining.policy.policy, joining.source) == (policy, source)
    assert joining.own_version == (3 if source is TRUST else 0)


def test_a_group_lies_across_the_tree_and_follows_nobody() -> None:
    assert holding(GROUP, [set_at(NATION, "open")]).policy.policy == "by-invitation"
    assert holding(GROUP, [set_at(NATION, "by-approval"), set_at(GROUP, "open")]).policy.policy == "open"


def test_a_policy_is_changed_by_whoever_has_seen_the_last_one() -> None:
    policy, _ = set_at(TRUST, "open")

    then = policy.changed(TRUST, policy="by-approval", domains=[], expected_version=3, by=None, at=NOW)

    assert (then.policy, then.version) == ("by-approval", 4)
    with pytest.raises(PreconditionFailed, match="version 2, but version 3"):
        policy.changed(TRUST, policy="open", domains=[], expected_version=2, by=None, at=NOW)


def test_domains_are_compared_in_small_letters_and_once() -> None:
    assert checked_domains(TRUST, "by-domain", [" RWP.nhs.uk", "rwp.nhs.uk."]) == ("rwp.nhs.uk",)


@pytest.mark.parametrize(
    ("policy", "domains", "why"),
    [
        ("by-domain", [], "at least one domain"),
        ("open", ["rwp.nhs.uk"], "belong to the policy by-domain"),
        ("by-domain", ["ada@rwp.nhs.uk"], "is no domain"),
        ("by-domain", ["rwp"], "is no domain"),
        ("by-domain", ["rwp..nhs.uk"], "is no domain"),
        ("by-domain", ["*.nhs.uk"], "is no domain"),
        ("by-domain", ["gmail.com"], "Anybody can have"),
        ("by-domain", ["nhs.net"], "used in every trust"),
    ],
)
def test_a_domain_that_shows_nothing_is_refused(policy: str, domains: list[str], why: str) -> None:
    with pytest.raises(DomainRefused, match=why):
        checked_domains(TRUST, policy, domains)


def test_the_nation_may_take_everybody_of_the_whole_service() -> None:
    assert checked_domains(NATION, "by-domain", ["nhs.net"]) == ("nhs.net",)


@pytest.mark.parametrize(
    ("policy", "domain", "way"),
    [
        ("open", None, "open"),
        ("by-approval", None, "approval"),
        ("by-domain", "rwp.nhs.uk", "domain"),
        ("by-domain", "RWP.nhs.uk", "domain"),
    ],
)
def test_the_policy_says_how_one_comes_in(policy: str, domain: str | None, way: str) -> None:
    domains = ("rwp.nhs.uk",) if policy == "by-domain" else ()

    assert model.way_in(holding(TRUST, [set_at(TRUST, policy, *domains)]), domain) == way


@pytest.mark.parametrize(
    ("domain", "yours"),
    [
        ("gmail.com", "yours is at gmail.com"),
        ("evil-rwp.nhs.uk", "yours is at"),
        ("mail.rwp.nhs.uk", "yours is at"),
        (None, "your sign-in vouches for no address"),
    ],
)
def test_another_domain_is_told_what_to_do_instead(domain: str | None, yours: str) -> None:
    joining = holding(TRUST, [set_at(TRUST, "by-domain", "rwp.nhs.uk")])

    with pytest.raises(model.WrongDomain, match=rf"at rwp\.nhs\.uk; {yours}.*ask a lead of Rwp for an invitation"):
        model.way_in(joining, domain)


def test_by_invitation_means_what_it_says() -> None:
    with pytest.raises(model.InvitationNeeded, match="ask one of its leads"):
        model.way_in(holding(TRUST, [set_at(MIDLANDS, "by-invitation")]), "rwp.nhs.uk")


def test_nobody_asks_who_is_there_or_has_asked() -> None:
    def ask(held: list[Membership], pending: JoinRequest | None = None) -> None:
        model.check_may_ask(held, pending, TRUST.id, name="Worcestershire", today=TODAY)

    ask([])
    ask([a_membership(LONDON.id, None), a_membership(TRUST.id, date(2026, 11, 22))])
    with pytest.raises(AlreadyMember, match="You are a member of Worcestershire already, since 2020-01-01"):
        ask([a_membership(TRUST.id, None)])
    with pytest.raises(AlreadyMember, match="until 2026-11-23"):
        ask([a_membership(TRUST.id, TODAY)])
    with pytest.raises(model.AlreadyRequested, match="on 2026-11-23"):
        ask([], a_request())


def test_a_request_is_answered_once() -> None:
    lead, request = uuid4(), a_request()
    answers = [
        request.approve(membership_id=uuid4(), by=lead, reason=None, at=NOW),
        request.refuse(by=lead, reason="no", at=NOW),
        request.withdraw(at=NOW),
    ]

    assert [answer.state for answer in answers] == ["approved", "refused", "withdrawn"]
    for answer in answers:
        assert answer.version == 2
        with pytest.raises(model.AlreadyDecided, match=rf"was {answer.state} on 2026-11-23"):
            answer.approve(membership_id=uuid4(), by=lead, reason=None, at=NOW)
        with pytest.raises(model.AlreadyDecided):
            answer.refuse(by=lead, reason="no", at=NOW)
        with pytest.raises(model.AlreadyDecided):
            answer.withdraw(at=NOW)


def test_whoever_is_let_in_at_once_never_waited() -> None:
    membership_id = uuid4()

    request = a_request(way="domain").let_in(membership_id=membership_id, by=None)

    assert (request.state, request.version, request.decided_at) == ("approved", 1, NOW)
    assert request == replace(
        a_request(id=request.id, person_id=request.person_id, way="domain"),
        state="approved",
        membership_id=membership_id,
        decided_at=NOW,
    )


def test_reasons_are_words() -> None:
    assert model.checked_reason("  I run   the theatres\n at Redditch ") == "I run the theatres\nat Redditch"
    assert model.checked_reason(" \n ") is None
    assert model.checked_reason(None) is None
    for text in ("x" * 1001, "a\0b", "a\x1b[31m"):
        with pytest.raises(model.ReasonRefused, match="in words"):
            model.checked_reason(text)
    with pytest.raises(model.ReasonRefused, match="Say why"):
        model.needed_reason("  ")
