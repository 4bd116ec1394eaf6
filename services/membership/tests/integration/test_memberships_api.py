"""Memberships over HTTP: each lead at their own networks, and a move only by who holds both."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from membership_house import House

from access.testing import Somebody
from membership_service.networks.model import network_id
from servicekit import clock

TODAY = str(clock.today())


async def begin(house: House, lead: Somebody, whose: UUID, code: str, **given: Any) -> httpx.Response:
    body = {"person_id": str(whose), "network_id": str(network_id(code)), "since": TODAY} | given
    return await house.http.post("/api/v1/memberships", headers=lead.bearer, json=body)


async def test_a_trust_lead_begins_the_membership_of_a_guest(house: House) -> None:
    lead, guest = await house.lead("RWP"), await house.guest()

    answer = await begin(house, lead, guest.id, "RWP", job_role="General Manager")

    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["path"], shown["main"], shown["job_role"], shown["sector"], shown["ods_code"]) == (
        "national.midlands.rwp",
        True,
        "general-manager",
        "acute",
        "RWP",
    )
    read = await house.http.get(f"/api/v1/memberships/{shown['id']}", headers=lead.bearer)
    assert read.json() == shown
    assert "midlands.membership:" in answer.headers["guildhall-signal"]


async def test_people_of_other_employers_belong_to_the_region(house: House) -> None:
    lead, guest = await house.lead("Y60"), await house.guest()

    answer = await begin(house, lead, guest.id, "Y60", organisation="Fernhill Home Support", sector="social_care")

    assert (answer.json()["organisation"], answer.json()["ods_code"]) == ("Fernhill Home Support", None)
    assert answer.json()["sector"] == "social_care"


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"job_role": "Director of Everything"}, 422, "unknown-job-role"),
        ({"sector": "Acute care!"}, 422, "sector-malformed"),
        ({"since": "2024-02-30"}, 422, "invalid"),
        ({"since": "1999-12-31"}, 409, "network-not-open"),
        ({"until": "2020-01-01"}, 422, "dates-out-of-order"),
        ({"person_id": "0190b3a0-7c1e-7000-8000-000000000001"}, 404, "person-not-found"),
        ({"desk": "by the window"}, 422, "invalid"),
    ],
)
async def test_what_is_wrong_is_told_and_nothing_is_left_behind(
    house: House, given: dict[str, Any], status: int, code: str
) -> None:
    lead, guest = await house.lead("RWP"), await house.guest()
    said = await house.count_published()

    answer = await begin(house, lead, guest.id, "RWP", **given)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await house.count_published() == said


async def test_a_member_already_is_refused(house: House) -> None:
    lead, (person, _) = await house.lead("RWP"), await house.member("RWP")

    answer = await begin(house, lead, person.id, "RWP")

    assert (answer.status_code, answer.json()["code"]) == (409, "already-member")


async def test_leads_of_other_networks_begin_and_end_nothing_here(house: House) -> None:
    london, guest = await house.lead("Y56"), await house.guest()
    _, membership = await house.member("RWP")
    said = await house.count_published()

    begun = await begin(house, london, guest.id, "RWP")
    ended = await house.http.post(f"/api/v1/memberships/{membership.id}/end", headers=london.bearer, json={"on": TODAY})
    read = await house.http.get(f"/api/v1/memberships/{membership.id}", headers=london.bearer)

    assert (begun.status_code, ended.status_code, read.status_code) == (404, 404, 404)
    assert await house.count_published() == said


async def test_members_read_their_own_membership_and_do_not_end_it(house: House) -> None:
    person, membership = await house.member("RWP")
    ada = await house.sign_in(person)
    address = f"/api/v1/memberships/{membership.id}"

    read = await house.http.get(address, headers=ada.bearer)
    ended = await house.http.post(f"{address}/end", headers=ada.bearer, json={"on": TODAY})

    assert (read.status_code, ended.status_code) == (200, 404)


async def test_a_lead_ends_a_membership_once(house: House) -> None:
    lead, (_, membership) = await house.lead("RWP"), await house.member("RWP")
    address = f"/api/v1/memberships/{membership.id}/end"

    answer = await house.http.post(address, headers=lead.bearer, json={"on": TODAY})
    again = await house.http.post(address, headers=lead.bearer, json={"on": TODAY})

    assert (answer.status_code, answer.json()["until"]) == (200, TODAY)
    assert (again.status_code, again.json()["code"]) == (409, "membership-ended")


async def test_a_move_needs_a_grant_at_both_networks(house: House) -> None:
    regional, national = await house.lead("Y60"), await house.lead("national")
    _, membership = await house.member("RWP")
    address = f"/api/v1/memberships/{membership.id}/move"
    body = {"network_id": str(network_id("RJ1")), "on": "2026-04-01"}

    refused = await house.http.post(address, headers=regional.bearer, json=body)
    assert refused.status_code == 404
    assert await house.published("membership-ended") == []
    answer = await house.http.post(address, headers=national.bearer, json=body)

    assert answer.status_code == 201, answer.text
    assert (answer.json()["path"], answer.json()["main"]) == ("national.london.rj1", True)
    signals = answer.headers["guildhall-signal"]
    for topic in ("midlands.membership:", "london.membership:", "midlands.membership.profiles:"):
        assert topic in signals


async def test_whoever_moves_loses_what_they_held_there(house: House) -> None:
    national, (person, membership) = await house.lead("national"), await house.member("RWP")
    lead = await house.sign_in(person)
    await house.give(person.id, "lead", "RWP")
    members = f"/api/v1/networks/{network_id('RWP')}/members"
    assert (await house.http.get(members, headers=lead.bearer)).status_code == 200

    await house.http.post(
        f"/api/v1/memberships/{membership.id}/move",
        headers=national.bearer,
        json={"network_id": str(network_id("RJ1")), "on": TODAY},
    )
    await house.settle()

    assert (await house.http.get(members, headers=lead.bearer)).status_code == 404
