"""Joining by oneself: the network's policy decides, and whoever is refused is told what to do instead."""

from typing import Any

import pytest
from joiners import address_of, ask, memberships_of, newcomer, set_policy
from membership_house import House
from people_files import count

from membership_service.networks.model import network_id


async def test_whoever_is_nobody_yet_finds_the_network_to_join(house: House) -> None:
    nora = newcomer(house)

    found = await house.http.get("/api/v1/me/joinable-networks?q=Worcestershire Acute&limit=1", headers=nora)
    all_of_a_region = await house.http.get("/api/v1/me/joinable-networks?region=midlands&limit=2", headers=nora)
    more = await house.http.get(
        "/api/v1/me/joinable-networks",
        headers=nora,
        params={"region": "midlands", "limit": 2, "cursor": all_of_a_region.json()["next"]},
    )

    [worcestershire] = found.json()["items"]
    assert (worcestershire["name"], worcestershire["policy"]) == (
        "Worcestershire Acute Hospitals NHS Trust",
        "by-approval",
    )
    paths = [one["path"] for one in (*all_of_a_region.json()["items"], *more.json()["items"])]
    assert paths == sorted(set(paths))
    assert (await house.http.get("/api/v1/networks", headers=nora)).json()["code"] == "not-linked"


async def test_an_open_network_takes_somebody_new_at_once(house: House) -> None:
    await set_policy(house, await house.lead("RWP"), "RWP", "open")
    nora = newcomer(house)

    answer = await ask(house, nora, "RWP", job_role="General Manager")

    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["state"], shown["way"], shown["decided_by"]) == ("approved", "open", None)
    assert await memberships_of(house, nora) == ["national.midlands.rwp"]
    [decided] = await house.published("join-decided")
    [started] = await house.published("membership-started")
    assert (decided["topic"], decided["key"], decided["version"]) == ("midlands.membership", shown["person_id"], 1)
    assert decided["data"]["membership_id"] == started["data"]["membership_id"] == shown["membership_id"]
    assert started["data"]["job_role"] == "general-manager"
    assert await house.published("join-requested") == []
    assert (await house.published("identity-linked"))[-1]["key"] == shown["person_id"]


async def test_by_approval_nothing_begins_before_a_lead_says_so(house: House) -> None:
    nora = newcomer(house)

    answer = await ask(house, nora, "RWP", reason="I run the theatres at Redditch")

    assert (answer.status_code, answer.json()["state"]) == (201, "pending")
    assert await memberships_of(house, nora) == []
    [told] = await house.published("join-requested")
    assert (told["topic"], told["key"]) == ("midlands.membership", answer.json()["person_id"])
    assert told["data"] == {
        "version": 1,
        "request_id": answer.json()["id"],
        "person_id": answer.json()["person_id"],
        "network_id": str(network_id("RWP")),
        "state": "pending",
        "by": "approval",
        "requested_at": answer.json()["requested_at"],
        "decided_at": None,
        "decided_by": None,
        "membership_id": None,
    }
    assert "theatres" not in str(await house.published()), "words stay at home"
    assert "midlands.membership:" in answer.headers["guildhall-signal"]


async def test_by_domain_the_verified_address_decides(house: House) -> None:
    await set_policy(house, await house.lead("RWP"), "RWP", "by-domain", "rwp.example")

    at_home = await ask(house, newcomer(house, "nora"), "RWP")
    elsewhere = await ask(house, newcomer(house, "eve", email="eve@gmail.com"), "RWP")
    unverified = await ask(house, newcomer(house, "mal", email="mal@rwp.example", email_verified=False), "RWP")

    assert (at_home.status_code, at_home.json()["way"]) == (201, "domain")
    assert [answer.json()["code"] for answer in (elsewhere, unverified)] == ["wrong-domain"] * 2
    assert "ask a lead of Worcestershire Acute Hospitals NHS Trust for an invitation" in elsewhere.json()["detail"]
    assert len(await house.published("membership-started")) == 1


async def test_a_person_cannot_choose_a_domain_by_changing_their_address(house: House) -> None:
    """What is registered is the person's own word; what the sign-in vouches for decides."""
    await set_policy(house, await house.lead("RWP"), "RWP", "by-domain", "rwp.example")
    guest = await house.guest(email="eve@elsewhere.example")
    eve = await house.sign_in(guest)
    await house.http.patch(
        f"/api/v1/people/{guest.id}", headers=eve.bearer | {"If-Match": '"1"'}, json={"email": "eve@rwp.example"}
    )

    refused = await ask(house, eve.bearer, "RWP")
    vouched = await ask(house, house.issuer.bearer(eve.subject, email="eve@rwp.example"), "RWP")

    assert (refused.status_code, refused.json()["code"]) == (403, "wrong-domain")
    assert vouched.status_code == 201, vouched.text


async def test_an_issuer_that_is_not_trusted_for_the_domain_vouches_for_nothing(house: House) -> None:
    await set_policy(house, await house.lead("RWP"), "RWP", "by-domain", "rwp.example")
    house.settings.trusted_issuers[:] = [house.issuer.trusted("nhs.example")]

    by_domain = await ask(house, newcomer(house), "RWP")
    by_approval = await ask(house, newcomer(house), "RXK")

    assert by_domain.json()["code"] == "wrong-domain"
    assert by_approval.json()["code"] == "issuer-not-trusted-for-domain"
    assert await count(house, "join_requests") == 0


async def test_by_invitation_is_told_to_ask_for_one(house: House) -> None:
    await set_policy(house, await house.lead("RWP"), "RWP", "by-invitation")

    answer = await ask(house, newcomer(house), "RWP")

    assert (answer.status_code, answer.json()["code"]) == (403, "invitation-needed")
    assert "ask one of its leads" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("claims", "given", "status", "code", "words"),
    [
        ({"email": "theatres.team@rwp.example"}, {}, 201, None, None),
        ({"email": "info@rwp.example"}, {}, 422, "shared-mailbox", "read by several"),
        ({"email": "bed.bookings@rwp.example"}, {}, 201, None, None),
        ({"email": "help.desk@rwp.example"}, {}, 422, "shared-mailbox", "could sign in as this person"),
        ({"email_verified": False}, {}, 403, "address-not-verified", "verify it there"),
        ({}, {"given_name": None}, 422, "name-needed", "send your given_name"),
        ({}, {"family_name": "=cmd()"}, 422, "name-refused", "letters, apostrophes"),
        ({}, {"job_role": "Wizard"}, 422, "unknown-job-role", "Wizard"),
        ({}, {"sector": "Acute care!"}, 422, "sector-malformed", "small letters"),
        ({}, {"reason": "x" * 1500}, 422, "reason-refused", "at most 1000"),
        ({}, {"reason": "x" * 2500}, 422, "invalid", None),
        ({}, {"admin": True}, 422, "invalid", None),
    ],
)
async def test_what_is_wrong_is_told_and_nobody_is_registered(
    house: House, claims: dict[str, Any], given: dict[str, Any], status: int, code: str | None, words: str | None
) -> None:
    answer = await ask(house, newcomer(house, **claims), "RWP", **given)

    assert answer.status_code == status, answer.text
    if code is not None:
        assert answer.json()["code"] == code
        assert (words or "") in answer.json()["detail"]
        assert [await count(house, table) for table in ("people", "identities", "join_requests")] == [0, 0, 0]
        assert await house.published("identity-linked") == []


async def test_a_network_that_is_not_there(house: House) -> None:
    answer = await house.http.post(
        "/api/v1/networks/0190b3a0-7c1e-7000-8000-000000000001/join-requests", headers=newcomer(house), json={}
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "network-not-found")


async def test_nobody_asks_twice_and_no_member_asks(house: House) -> None:
    nora = newcomer(house)
    await ask(house, nora, "RWP")
    await house.settle()
    person, _ = await house.member("RXK")
    ada = await house.sign_in(person)

    again = await ask(house, nora, "RWP")
    member = await ask(house, ada.bearer, "RXK")
    elsewhere = await ask(house, nora, "RJ1")

    assert (again.status_code, again.json()["code"]) == (409, "already-requested")
    assert (member.status_code, member.json()["code"]) == (409, "already-member")
    assert "since 2020-01-01" in member.json()["detail"]
    assert elsewhere.status_code == 201
    assert len(await house.published("join-requested")) == 2


async def test_whoever_asks_again_before_their_link_has_arrived_is_the_same_person(house: House) -> None:
    nora = newcomer(house)

    first, second = await ask(house, nora, "RWP"), await ask(house, nora, "RXK")

    assert (first.status_code, second.status_code) == (201, 201), second.text
    assert first.json()["person_id"] == second.json()["person_id"]
    assert await count(house, "people") == 1


async def test_whoever_was_registered_before_becomes_that_person(house: House) -> None:
    person = await house.guest(email="nora.bell@rwp.example", given_name="Eleanor")

    answer = await ask(house, newcomer(house), "RWP")

    assert answer.json()["person_id"] == str(person.id)
    [linked] = await house.published("identity-linked")
    assert linked["key"] == str(person.id)
    await house.settle()
    me = await house.http.get("/api/v1/me", headers=newcomer(house))
    assert me.json()["person"]["given_name"] == "Eleanor", "what is registered stays"


async def test_a_member_who_was_never_linked_is_told_that_they_are_one(house: House) -> None:
    await house.member("RWP", email="nora.bell@rwp.example")

    answer = await ask(house, newcomer(house), "RWP")

    assert (answer.status_code, answer.json()["code"]) == (409, "already-member")
    assert await house.published("identity-linked") == []


async def test_an_address_that_somebody_else_signs_in_with_is_taken(house: House) -> None:
    await house.sign_in(await house.guest(email="nora.bell@rwp.example"))
    said = await house.count_published()

    answer = await ask(house, newcomer(house), "RWP")

    assert (answer.status_code, answer.json()["code"]) == (409, "already-linked")
    assert await house.count_published() == said


async def test_whoevers_employer_has_no_network_joins_the_region_by_its_own_policy(house: House) -> None:
    await set_policy(house, await house.lead("Y60"), "Y60", "open")

    silent = await ask(house, newcomer(house, "nora"), "Y60")
    trust = await ask(house, newcomer(house, "nora"), "Y60", organisation="worcestershire acute hospitals nhs trust")
    answer = await ask(
        house, newcomer(house, "nora"), "Y60", organisation="Fernhill Home Support", sector="social_care"
    )
    national = await ask(house, newcomer(house, "omar"), "national", organisation="The Health Foundry")

    assert (silent.status_code, silent.json()["code"]) == (422, "organisation-needed")
    assert (trust.status_code, trust.json()["code"]) == (409, "organisation-has-a-network")
    assert trust.json()["network_id"] == str(network_id("RWP"))
    assert (answer.status_code, answer.json()["state"]) == (201, "approved")
    assert (national.status_code, national.json()["state"]) == (201, "pending")
    await house.settle()
    [held] = (await house.http.get("/api/v1/me", headers=newcomer(house, "nora"))).json()["memberships"]
    assert (held["organisation"], held["sector"], held["path"]) == (
        "Fernhill Home Support",
        "social_care",
        "national.midlands",
    )


async def test_the_same_request_twice_joins_once(house: House) -> None:
    headers = newcomer(house) | {"Idempotency-Key": "join-1"}

    first, second = await ask(house, headers, "RWP"), await ask(house, headers, "RWP")
    other = await ask(house, headers, "RWP", reason="changed my mind")

    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert second.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422
    assert len(await house.published("join-requested")) == 1


async def test_without_a_token_nobody_joins(house: House) -> None:
    assert (await ask(house, {}, "RWP")).status_code == 401
    assert (await house.http.get(f"{address_of('RWP')}/joining")).status_code == 401
