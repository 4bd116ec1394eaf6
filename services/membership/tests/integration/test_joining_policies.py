"""How a network is joined is its leads' to say; where they have not, it is as above it, and the answer says so."""

from typing import Any

import pytest
from joiners import address_of, newcomer, set_policy
from membership_house import House
from people_files import count

from membership_service.networks.model import network_id


async def test_a_trust_is_joined_by_approval_unless_its_region_says_otherwise(house: House) -> None:
    regional, nora = await house.lead("Y60"), newcomer(house)

    usual = (await house.http.get(f"{address_of('RWP')}/joining", headers=nora)).json()
    await set_policy(house, regional, "Y60", "open")
    inherited = await house.http.get(f"{address_of('RWP')}/joining", headers=nora)

    assert (usual["policy"], usual["source"], usual["version"]) == ("by-approval", None, 0)
    assert inherited.json()["policy"] == "open"
    assert inherited.json()["source"] == {"network_id": str(network_id("Y60")), "name": "Midlands"}
    assert (inherited.json()["version"], inherited.headers["etag"]) == (0, '"0"')


async def test_the_trusts_own_lead_has_the_last_word(house: House) -> None:
    regional, lead = await house.lead("Y60"), await house.lead("RWP")
    await set_policy(house, regional, "Y60", "open")

    await set_policy(house, lead, "RWP", "by-domain", "RWP.example")

    here = (await house.http.get(f"{address_of('RWP')}/joining", headers=lead.bearer)).json()
    there = (await house.http.get(f"{address_of('RXK')}/joining", headers=lead.bearer)).json()
    assert (here["policy"], here["domains"], here["version"]) == ("by-domain", ["rwp.example"], 1)
    assert here["source"]["network_id"] == str(network_id("RWP"))
    assert there["policy"] == "open"


async def test_a_policy_is_changed_by_whoever_has_seen_the_last_one(house: House) -> None:
    lead = await house.lead("RWP")
    await set_policy(house, lead, "RWP", "open")
    where, body = f"{address_of('RWP')}/joining", {"policy": "by-invitation"}

    blind = await house.http.put(where, headers=lead.bearer, json=body)
    stale = await house.http.put(where, headers=lead.bearer | {"If-Match": '"0"'}, json=body)
    fresh = await house.http.put(where, headers=lead.bearer | {"If-Match": '"1"'}, json=body)

    assert [answer.status_code for answer in (blind, stale, fresh)] == [428, 412, 200]
    assert (fresh.json()["version"], fresh.headers["etag"]) == (2, '"2"')


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"policy": "by-domain", "domains": []}, "domain-refused"),
        ({"policy": "by-domain", "domains": ["gmail.com"]}, "domain-refused"),
        ({"policy": "open", "domains": ["rwp.example"]}, "domain-refused"),
        ({"policy": "by-domain", "domains": [f"a{n}.example" for n in range(21)]}, "invalid"),
        ({"policy": "by-lot"}, "invalid"),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused(house: House, body: dict[str, Any], code: str) -> None:
    lead = await house.lead("RWP")

    answer = await house.http.put(f"{address_of('RWP')}/joining", headers=lead.bearer | {"If-Match": '"0"'}, json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await count(house, "joining_policies") == 0


async def test_only_its_own_leads_say_how_a_network_is_joined(house: House) -> None:
    london, steward = await house.lead("Y56"), await house.lead("RWP", role="steward")

    answers = [
        await house.http.put(
            f"{address_of('RWP')}/joining", headers=who.bearer | {"If-Match": '"0"'}, json={"policy": "open"}
        )
        for who in (london, steward)
    ]

    assert [answer.status_code for answer in answers] == [404, 403]
    assert await count(house, "joining_policies") == 0
