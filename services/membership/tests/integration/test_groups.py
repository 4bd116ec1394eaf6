"""Groups across the tree: where they lie, who founds and ends them, and that nothing held there reaches a trust."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from membership_house import House
from network_changes import CHANGES, carry_out_due, instant

from access.testing import Somebody
from membership_service.changes import store as changes
from membership_service.memberships import actions as memberships
from membership_service.networks.model import network_id
from servicekit import clock
from servicekit.ids import new_id

NETWORKS = "/api/v1/networks"
TODAY = clock.today()


async def found(house: House, who: Somebody, name: str = "Cohort 2027", *trusts: str, **given: Any) -> httpx.Response:
    body = {"name": name, "trusts": [str(network_id(code)) for code in trusts]} | given
    return await house.http.post(NETWORKS, headers=who.bearer, json=body)


async def test_a_regional_lead_founds_a_group_of_the_regions_trusts(house: House) -> None:
    lead = await house.lead("Y60")

    answer = await found(house, lead, "Black Country", "RWP", "RXK")

    group = answer.json()
    assert (answer.status_code, group["kind"], group["path"], group["cell"], group["since"]) == (
        201,
        "group",
        "national.midlands.g_black_country",
        "midlands",
        str(TODAY),
    )
    told = (await house.published("network-founded"))[-1]
    assert (told["topic"], told["data"]["kind"], told["key"]) == ("midlands.membership", "group", group["id"])
    trusts = (await house.http.get(f"{NETWORKS}/{group['id']}/trusts", headers=lead.bearer)).json()["items"]
    assert [trust["ods_code"] for trust in trusts] == ["RWP", "RXK"]


async def test_across_regions_or_without_trusts_it_is_the_nations(house: House) -> None:
    regional, national = await house.lead("Y60"), await house.lead("national")

    refused = [await found(house, regional, "Ambulances", "RWP", "RJ1"), await found(house, regional, "Advisory group")]
    founded = await found(house, national, "Ambulances", "RWP", "RJ1")

    assert [answer.status_code for answer in refused] == [404, 404]
    assert (founded.json()["path"], founded.json()["cell"]) == ("national.g_ambulances", "national")
    there = await found(house, regional, "Cohort 2027", region_id=str(network_id("Y60")))
    assert there.json()["path"] == "national.midlands.g_cohort_2027"


async def test_organisers_and_members_found_none(house: House) -> None:
    organiser, member = await house.lead("Y60", role="organiser"), await house.sign_in((await house.member("RWP"))[0])

    answers = [await found(house, who, "Black Country", "RWP") for who in (organiser, member)]

    assert [answer.status_code for answer in answers] == [403, 404]
    assert all(signal["data"]["kind"] != "group" for signal in await house.published("network-founded"))


async def test_bad_groups_are_refused_in_words_and_leave_nothing(house: House) -> None:
    lead = await house.lead("national")
    await found(house, lead, "Cohort 2027")
    said = await house.count_published()

    answers = [
        await found(house, lead, "cohort   2027"),
        await found(house, lead, "!!"),
        await found(house, lead, "Odd", "Y60"),
        await found(house, lead, "Unknown", trusts=[str(new_id())]),
        await found(house, lead, "Far", "RWP", region_id=str(network_id("Y56"))),
        await found(house, lead, "Sector", sector="Mental Health"),
        await found(house, lead, "Many", trusts=[str(network_id("RWP"))] * 101),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (409, "group-exists"),
        (422, "group-refused"),
        (422, "group-refused"),
        (404, "network-not-found"),
        (422, "group-refused"),
        (422, "sector-malformed"),
        (422, "invalid"),
    ]
    assert answers[0].json()["detail"] == (
        "There is, or was, a group called cohort 2027 in National network: choose another name."
    )
    assert await house.count_published() == said


async def test_a_repeated_founding_gives_the_same_group(house: House) -> None:
    lead = await house.lead("national")
    lead.bearer["Idempotency-Key"] = "one-group"

    first, second = await found(house, lead), await found(house, lead)

    assert (first.status_code, second.status_code, first.json()) == (201, 201, second.json())


async def test_what_is_held_at_a_group_covers_its_members_and_never_their_trusts(house: House) -> None:
    national = await house.lead("national")
    group = (await found(house, national, "Advisory group", "RWP", "RJ1")).json()
    person, trust_membership = await house.member("RWP")
    async with house.worker.transaction() as conn:
        in_group = await memberships.begin(
            conn, new_id(), person_id=person.id, network_id=UUID(group["id"]), since=TODAY, now=clock.now()
        )
    lead = await house.sign_in(await house.guest())
    given = await house.http.post(
        "/api/v1/grants",
        headers=national.bearer,
        json={"person_id": str(lead.person_id), "network_id": group["id"], "role": "lead"},
    )
    assert given.status_code == 201, given.text
    await house.settle()

    async def status(path: str) -> int:
        return (await house.http.get(f"/api/v1/{path}", headers=lead.bearer)).status_code

    assert await status(f"networks/{group['id']}/members") == 200
    assert await status(f"memberships/{in_group.id}") == 200
    assert await status(f"networks/{network_id('RWP')}/members") == 404
    assert await status(f"networks/{network_id('RWP')}/directory") == 404
    assert await status(f"memberships/{trust_membership.id}") == 404


async def test_a_group_ends_on_its_day_with_its_memberships_and_grants(house: House) -> None:
    national = await house.lead("national")
    group = (await found(house, national, "Cohort 2027")).json()
    person, _ = await house.member("RWP")
    async with house.worker.transaction() as conn:
        await memberships.begin(
            conn, new_id(), person_id=person.id, network_id=UUID(group["id"]), since=TODAY, now=clock.now()
        )
    await house.http.post(
        "/api/v1/grants",
        headers=national.bearer,
        json={"person_id": str(person.id), "network_id": group["id"], "role": "lead"},
    )
    await house.settle()
    last_day = TODAY + timedelta(days=10)

    answer = await house.http.post(
        f"{NETWORKS}/{group['id']}/close", headers=national.bearer, json={"on": str(last_day)}
    )
    assert (answer.status_code, answer.json()["members"], answer.json()["grants"]) == (201, 1, 1)
    [done] = await carry_out_due(house, on=last_day)

    assert done.state == "applied"
    [closed] = await house.published("network-closed")
    assert (closed["topic"], closed["data"]["until"], closed["data"]["successor_id"]) == (
        "national.membership",
        str(last_day),
        None,
    )
    async with house.worker.reading() as conn:
        rows = await conn.fetch("SELECT network_id, until FROM memberships WHERE person_id = $1", person.id)
        going_on = await changes.grants_of(conn, [person.id], at=instant(last_day + timedelta(days=1)))
    assert {str(row["network_id"]): row["until"] for row in rows} == {
        group["id"]: last_day,
        str(network_id("RWP")): None,
    }
    assert going_on == {person.id: []}


async def test_only_groups_close_by_their_leads_and_only_ahead(house: House) -> None:
    national, regional = await house.lead("national"), await house.lead("Y60")
    group = (await found(house, national, "Cohort 2027")).json()

    async def close(who: Somebody, network: str, on: str = str(TODAY)) -> tuple[int, str]:
        answer = await house.http.post(f"{NETWORKS}/{network}/close", headers=who.bearer, json={"on": on})
        return answer.status_code, answer.json().get("code", "")

    assert await close(regional, group["id"]) == (404, "not-found")
    assert await close(national, str(network_id("RWP"))) == (409, "network-change-impossible")
    assert await close(national, group["id"], "2026-01-01") == (422, "network-change-unclear")
    assert await close(national, group["id"]) == (201, "")
    assert await close(national, group["id"]) == (409, "network-change-planned")
    listed = (await house.http.get(CHANGES, headers=national.bearer)).json()["items"]
    assert [change["what"] for change in listed] == ["closure"]
