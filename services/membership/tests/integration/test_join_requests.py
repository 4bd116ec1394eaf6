"""Leads answer for their own network: what they see, what they decide, what the applicant reads, and only once."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from joiners import address_of, ask, memberships_of, newcomer
from membership_house import House
from people_files import count

from access.testing import Somebody
from membership_service.networks.model import network_id
from membership_service.people import store as people
from servicekit import clock


async def asked(house: House, subject: str = "nora", code: str = "RWP", **given: Any) -> dict[str, Any]:
    answer = await ask(house, newcomer(house, subject), code, **given)
    assert answer.status_code == 201, answer.text
    await house.settle()
    request: dict[str, Any] = answer.json()
    return request


async def decide(
    house: House, who: Somebody, request: dict[str, Any], how: str, code: str = "RWP", **body: Any
) -> httpx.Response:
    where = f"{address_of(code)}/join-requests/{request['id']}/{how}"
    return await house.http.post(where, headers=who.bearer, json=body)


async def test_a_lead_sees_who_asks_and_why(house: House) -> None:
    lead = await house.lead("RWP")
    request = await asked(house, reason="I run the theatres", job_role="service-manager")

    listed = await house.http.get(f"{address_of('RWP')}/join-requests?state=pending", headers=lead.bearer)
    read = await house.http.get(f"{address_of('RWP')}/join-requests/{request['id']}", headers=lead.bearer)

    [shown] = listed.json()["items"]
    assert shown == read.json()
    assert (shown["given_name"], shown["family_name"], shown["email"]) == ("Nora", "Bell", "nora.bell@rwp.example")
    assert (shown["reason"], shown["job_role"], shown["state"]) == ("I run the theatres", "service-manager", "pending")


async def test_a_lead_lets_somebody_in_from_today(house: House) -> None:
    lead, request = await house.lead("RWP"), await asked(house, job_role="service-manager")

    answer = await decide(house, lead, request, "approve", reason="Welcome")

    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["decided_by"]) == ("approved", str(lead.person_id))
    assert await memberships_of(house, newcomer(house)) == ["national.midlands.rwp"]
    [started], [decided] = await house.published("membership-started"), await house.published("join-decided")
    assert (started["data"]["since"], started["data"]["job_role"]) == (str(clock.today()), "service-manager")
    assert (decided["topic"], decided["key"], decided["version"]) == ("midlands.membership", request["person_id"], 2)
    assert decided["data"] == {
        "version": 2,
        "request_id": request["id"],
        "person_id": request["person_id"],
        "network_id": str(network_id("RWP")),
        "state": "approved",
        "by": "approval",
        "requested_at": request["requested_at"],
        "decided_at": answer.json()["decided_at"],
        "decided_by": str(lead.person_id),
        "membership_id": started["data"]["membership_id"],
    }
    assert "Welcome" not in str(await house.published()), "words stay at home"
    own = await house.http.get("/api/v1/me/join-requests", headers=newcomer(house))
    assert [one["decision_reason"] for one in own.json()["items"]] == ["Welcome"]


async def test_a_lead_says_no_and_why(house: House) -> None:
    lead, request = await house.lead("RWP"), await asked(house)

    silent = await decide(house, lead, request, "refuse")
    blank = await decide(house, lead, request, "refuse", reason="  ")
    answer = await decide(house, lead, request, "refuse", reason="You work at another trust")

    assert [one.status_code for one in (silent, blank, answer)] == [422, 422, 200]
    assert blank.json()["code"] == "reason-refused"
    assert await memberships_of(house, newcomer(house)) == []
    [decided] = await house.published("join-decided")
    assert (decided["data"]["state"], decided["data"]["membership_id"]) == ("refused", None)
    own = await house.http.get("/api/v1/me/join-requests", headers=newcomer(house))
    assert own.json()["items"][0]["decision_reason"] == "You work at another trust"


async def test_whoever_was_refused_may_ask_anew(house: House) -> None:
    lead, request = await house.lead("RWP"), await asked(house)
    await decide(house, lead, request, "refuse", reason="Not yet")

    again = await ask(house, newcomer(house), "RWP")

    assert (again.status_code, again.json()["state"]) == (201, "pending")
    own = await house.http.get("/api/v1/me/join-requests", headers=newcomer(house))
    assert [one["state"] for one in own.json()["items"]] == ["pending", "refused"]


@pytest.mark.parametrize("then", ["approve", "refuse"])
async def test_a_request_is_answered_once(house: House, then: str) -> None:
    lead, request = await house.lead("RWP"), await asked(house)
    await decide(house, lead, request, "approve")
    said = await house.count_published()

    answer = await decide(house, lead, request, then, reason="on second thoughts")

    assert (answer.status_code, answer.json()["code"]) == (409, "already-decided")
    assert await house.count_published() == said


async def test_two_leads_at_once_let_somebody_in_once(house: House) -> None:
    leads, request = [await house.lead("RWP"), await house.lead("Y60")], await asked(house)

    answers = await asyncio.gather(*(decide(house, lead, request, "approve") for lead in leads))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await house.published("membership-started")) == 1
    assert len(await house.published("join-decided")) == 1


async def test_the_applicant_may_take_it_back(house: House) -> None:
    lead, request = await house.lead("RWP"), await asked(house)
    where = f"/api/v1/me/join-requests/{request['id']}/withdraw"

    answer = await house.http.post(where, headers=newcomer(house))
    again = await house.http.post(where, headers=newcomer(house))
    late = await decide(house, lead, request, "approve")

    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert [one.json()["code"] for one in (again, late)] == ["already-decided"] * 2
    [told] = await house.published("join-decided")
    assert (told["data"]["state"], told["data"]["decided_by"]) == ("withdrawn", None)
    assert await house.published("membership-started") == []


async def test_nobody_takes_back_what_somebody_else_asked(house: House) -> None:
    lead, request = await house.lead("RWP"), await asked(house)
    await asked(house, "omar", "RXK")
    where = f"/api/v1/me/join-requests/{request['id']}/withdraw"

    answers = [await house.http.post(where, headers=headers) for headers in (newcomer(house, "omar"), lead.bearer)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert await house.published("join-decided") == []


async def test_leads_of_other_networks_see_and_decide_nothing(house: House) -> None:
    london, neighbour = await house.lead("Y56"), await house.lead("RXK")
    steward, request = await house.lead("RWP", role="steward"), await asked(house)
    listed = f"{address_of('RWP')}/join-requests"

    for who, status in ((london, 404), (neighbour, 404), (steward, 403)):
        answers = [
            await house.http.get(listed, headers=who.bearer),
            await house.http.get(f"{listed}/{request['id']}", headers=who.bearer),
            await house.http.get(f"{listed}/{request['id']}/history", headers=who.bearer),
            await decide(house, who, request, "approve"),
            await decide(house, who, request, "refuse", reason="no"),
        ]
        assert {answer.status_code for answer in answers} == {status}
    assert await house.published("join-decided") == []


async def test_a_request_is_found_under_its_own_network_only(house: House) -> None:
    """Whoever leads two networks does not reach one's request by the other's address."""
    lead, request = await house.lead("Y60"), await asked(house)

    answer = await decide(house, lead, request, "approve", code="RXK")
    read = await house.http.get(f"{address_of('RXK')}/join-requests/{request['id']}", headers=lead.bearer)
    listed = await house.http.get(f"{address_of('RXK')}/join-requests", headers=lead.bearer)

    assert (answer.status_code, read.status_code, listed.json()["items"]) == (404, 404, [])


async def test_once_refused_a_lead_no_longer_sees_who_it_was(house: House) -> None:
    lead, request = await house.lead("RWP"), await asked(house)
    await decide(house, lead, request, "refuse", reason="You work at another trust")

    [shown] = (await house.http.get(f"{address_of('RWP')}/join-requests", headers=lead.bearer)).json()["items"]

    assert (shown["state"], shown["given_name"], shown["email"]) == ("refused", None, None)


async def test_whoever_became_a_member_meanwhile_is_not_let_in_twice(house: House) -> None:
    lead, request = await house.lead("RWP"), await asked(house)
    async with house.worker.reading() as conn:
        person = await people.get(conn, UUID(request["person_id"]))
    await house.begin(person, "RWP")

    answer = await decide(house, lead, request, "approve")
    refused = await decide(house, lead, request, "refuse", reason="A member already")

    assert (answer.status_code, answer.json()["code"]) == (409, "already-member")
    assert refused.status_code == 200
    assert len(await house.published("membership-started")) == 1


@pytest.mark.parametrize("how", ["begun", "moved"])
async def test_a_lead_who_begins_the_membership_has_answered_the_request(house: House, how: str) -> None:
    national = await house.lead("national")
    person, membership = await house.member("RXK")
    ada = await house.sign_in(person)
    request = (await ask(house, ada.bearer, "RWP")).json()
    where, body = "/api/v1/memberships", {"network_id": request["network_id"]}
    if how == "begun":
        body |= {"person_id": request["person_id"], "since": str(clock.today())}
    else:
        where, body = f"{where}/{membership.id}/move", body | {"on": str(clock.today())}

    begun = await house.http.post(where, headers=national.bearer, json=body)

    assert begun.status_code == 201, begun.text
    [decided] = await house.published("join-decided")
    assert (decided["data"]["state"], decided["data"]["membership_id"]) == ("approved", begun.json()["id"])
    assert decided["data"]["decided_by"] == str(national.person_id)


async def test_requests_are_read_page_by_page(house: House) -> None:
    lead = await house.lead("RWP")
    made = [(await asked(house, name))["id"] for name in ("ada", "ben", "cem")]
    listed = f"{address_of('RWP')}/join-requests"

    first = (await house.http.get(listed, headers=lead.bearer, params={"limit": 2})).json()
    second = await house.http.get(listed, headers=lead.bearer, params={"limit": 2, "cursor": first["next"]})
    strange = await house.http.get(
        f"{address_of('RWP')}/invitations", headers=lead.bearer, params={"limit": 2, "cursor": first["next"]}
    )

    assert [one["id"] for one in (*first["items"], *second.json()["items"])] == made
    assert second.json()["next"] is None
    assert (strange.status_code, strange.json()["code"]) == (422, "bad-cursor")


async def test_two_requests_at_once_make_one(house: House) -> None:
    await asked(house, code="RXK")

    answers = await asyncio.gather(*(ask(house, newcomer(house), "RWP") for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert await count(house, "join_requests") == 2
