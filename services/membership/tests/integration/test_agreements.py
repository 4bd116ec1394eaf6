"""Agreements: what may be agreed, for which networks and until when, and what persons are asked about."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from membership_house import House

from access.testing import Somebody
from membership_service.networks.model import network_id
from servicekit import clock

TODAY = clock.today()


def agreement(house: House, **given: Any) -> dict[str, Any]:
    return {
        "network_id": str(network_id("national")),
        "body": "NHS Providers",
        "client_id": "nhs-providers",
        "issuer": house.issuer.url,
        "purpose": "To list the network's events beside their own",
        "networks": [str(network_id("national"))],
        "fields": {"guildhall.events.event-published.v1": ["title", "starts_at", "event_id"]},
        "starts_on": str(TODAY),
        "ends_on": str(TODAY + timedelta(days=365)),
    } | given


async def make(house: House, lead: Somebody, **given: Any) -> httpx.Response:
    return await house.http.post("/api/v1/agreements", headers=lead.bearer, json=agreement(house, **given))


async def test_an_agreement_is_made_and_told_whole(house: House) -> None:
    lead = await house.lead("national")

    answer = await make(house, lead)

    assert answer.status_code == 201, answer.text
    [told] = await house.published("agreement-made")
    assert (told["topic"], told["key"]) == ("national.membership", answer.json()["id"])
    assert told["data"]["fields"] == {"guildhall.events.event-published.v1": ["event_id", "starts_at", "title"]}
    assert told["data"]["client_id"] == "nhs-providers"
    read = await house.http.get(f"/api/v1/agreements/{answer.json()['id']}", headers=lead.bearer)
    listed = await house.http.get(f"/api/v1/agreements?network={network_id('national')}", headers=lead.bearer)
    assert listed.json()["items"] == [read.json()] == [answer.json()]


async def test_what_is_about_persons_is_agreed_as_needing_their_consent(house: House) -> None:
    lead = await house.lead("national")
    fields = {
        "guildhall.events.event-published.v1": ["title"],
        "guildhall.events.registration-confirmed.v1": ["person_id", "event_id"],
        "guildhall.membership.membership-started.v1": ["person_id", "network_id"],
    }

    answer = await make(house, lead, fields=fields)

    assert answer.status_code == 201, answer.text
    asked = ["guildhall.events.registration-confirmed.v1", "guildhall.membership.membership-started.v1"]
    [told] = await house.published("agreement-made")
    assert answer.json()["consent_needed"] == told["data"]["consent_needed"] == asked
    read = await house.http.get(f"/api/v1/agreements/{answer.json()['id']}", headers=lead.bearer)
    assert read.json() == answer.json()


async def test_a_region_agrees_on_its_own_cell_for_its_own_networks(house: House) -> None:
    lead = await house.lead("Y60")
    midlands, rwp = str(network_id("Y60")), str(network_id("RWP"))

    answer = await make(house, lead, network_id=midlands, networks=[rwp])
    outside = await make(house, lead, network_id=midlands, networks=[rwp, str(network_id("RJ1"))])
    above = await make(house, lead)

    assert answer.status_code == 201
    assert [s["topic"] for s in await house.published("agreement-made")] == ["midlands.membership"]
    assert (outside.status_code, outside.json()["code"]) == (422, "network-outside")
    assert "Guy's and St Thomas' NHS Foundation Trust is not part of Midlands" in outside.json()["detail"]
    assert above.status_code == 404


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"guildhall.events.registration-waitlisted.v1": ["event_id"]}, "about persons"),
        ({"guildhall.membership.grants-held.v1": ["person_id"]}, "about persons"),
        ({"guildhall.events.registration-confirmed.v1": ["event_id", "code"]}, "no field code"),
        ({"guildhall.membership.profile.v1": ["email"]}, "about persons"),
        ({"guildhall.events.no-such-thing.v1": ["event_id"]}, "unknown"),
        ({"guildhall.events.event-published.v1": ["title", "joining_link"]}, "no field joining_link"),
        ({"guildhall.events.event-published.v1": []}, "at least one field"),
        ({}, "at least one signal type"),
    ],
)
async def test_what_cannot_be_agreed_is_refused_in_words(house: House, fields: dict[str, Any], why: str) -> None:
    answer = await make(house, await house.lead("national"), fields=fields)

    assert (answer.status_code, answer.json()["code"]) == (422, "stream-refused")
    assert why in answer.json()["detail"]
    assert await house.published("agreement-%") == []


async def test_days_and_issuers_that_make_no_sense_are_refused(house: House) -> None:
    lead = await house.lead("national")

    backwards = await make(house, lead, starts_on="2027-02-01", ends_on="2027-01-31")
    past = await make(house, lead, starts_on="2025-01-01", ends_on="2025-12-31")
    strange = await make(house, lead, issuer="https://login.elsewhere.example")
    unknown = await make(house, lead, networks=["0190b3a0-7c1e-7000-8000-000000000001"])

    assert [answer.json()["code"] for answer in (backwards, past, strange, unknown)] == [
        "dates-out-of-order",
        "dates-out-of-order",
        "issuer-unknown",
        "network-not-found",
    ]
    assert await house.published("agreement-%") == []


async def test_an_agreement_ends_earlier_and_once(house: House) -> None:
    lead = await house.lead("national")
    made = (await make(house, lead)).json()
    end = f"/api/v1/agreements/{made['id']}/end"

    later = await house.http.post(end, headers=lead.bearer, json={"on": str(TODAY + timedelta(days=366))})
    yesterday = await house.http.post(end, headers=lead.bearer, json={"on": str(TODAY - timedelta(days=1))})
    answer = await house.http.post(end, headers=lead.bearer, json={"on": str(TODAY)})
    again = await house.http.post(end, headers=lead.bearer, json={"on": str(TODAY)})

    assert [one.status_code for one in (later, yesterday, answer, again)] == [422, 422, 200, 409]
    [told] = await house.published("agreement-ended")
    assert (told["version"], told["data"]["ends_on"]) == (2, str(TODAY))


async def test_an_agreement_that_lies_ahead_can_end_before_it_starts(house: House) -> None:
    lead = await house.lead("national")
    made = (await make(house, lead, starts_on=str(TODAY + timedelta(days=30)))).json()

    answer = await house.http.post(f"/api/v1/agreements/{made['id']}/end", headers=lead.bearer, json={"on": str(TODAY)})

    assert answer.json()["ends_on"] == str(TODAY) < answer.json()["starts_on"]


async def test_another_regions_agreement_is_not_there(house: House) -> None:
    made = (await make(house, await house.lead("national"))).json()
    regional = await house.lead("Y60")

    read = await house.http.get(f"/api/v1/agreements/{made['id']}", headers=regional.bearer)
    ended = await house.http.post(
        f"/api/v1/agreements/{made['id']}/end", headers=regional.bearer, json={"on": str(TODAY)}
    )

    assert (read.status_code, ended.status_code) == (404, 404)
    assert await house.published("agreement-ended") == []
