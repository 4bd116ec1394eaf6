"""Giving and ending roles: nobody grants what they do not hold, and each cell is told everything that is held there."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from membership_house import House

from access.testing import Somebody
from membership_service.grants import actions
from membership_service.grants.model import NotYoursToGive
from membership_service.networks.model import network_id
from servicekit import clock
from servicekit.ids import new_id


async def test_a_regional_lead_makes_a_trust_lead(house: House) -> None:
    regional, person = await house.lead("Y60"), await house.guest()

    answer = await house.http.post(
        "/api/v1/grants",
        headers=regional.bearer,
        json={"person_id": str(person.id), "network_id": str(network_id("RWP")), "role": "lead"},
    )

    assert answer.status_code == 201, answer.text
    assert answer.json()["given_by"] == str(regional.person_id)
    told = (await house.published("grants-held"))[-1]
    assert (told["topic"], told["key"]) == ("midlands.membership.grants", str(person.id))
    assert [(g["role"], g["network_id"]) for g in told["data"]["grants"]] == [("lead", str(network_id("RWP")))]


async def test_a_cell_is_told_all_that_a_person_holds_in_it(house: House) -> None:
    person = await house.guest()
    for role, code in (("steward", "RWP"), ("organiser", "RXK"), ("lead", "RJ1")):
        await house.give(person.id, role, code)

    told = await house.published("grants-held")

    assert [(s["topic"], s["version"], [g["role"] for g in s["data"]["grants"]]) for s in told] == [
        ("midlands.membership.grants", 1, ["steward"]),
        ("midlands.membership.grants", 2, ["steward", "organiser"]),
        ("london.membership.grants", 3, ["lead"]),
    ]


async def test_the_last_grant_ended_leaves_an_empty_list(house: House) -> None:
    national, person = await house.lead("national"), await house.guest()
    grant = await house.give(person.id, "steward", "RWP")

    answer = await house.http.post(f"/api/v1/grants/{grant.id}/end", headers=national.bearer, json={})

    assert answer.status_code == 200, answer.text
    told = (await house.published("grants-held"))[-1]
    assert (told["topic"], told["data"]["grants"]) == ("midlands.membership.grants", [])
    again = await house.http.post(f"/api/v1/grants/{grant.id}/end", headers=national.bearer, json={})
    assert (again.status_code, again.json()["code"]) == (409, "grant-ended")


@pytest.mark.parametrize("role", ["organiser", "steward"])
async def test_who_is_not_lead_gives_nothing(house: House, role: str) -> None:
    giver, person = await house.lead("Y60", role=role), await house.guest()
    said = await house.count_published()

    answer = await house.http.post(
        "/api/v1/grants",
        headers=giver.bearer,
        json={"person_id": str(person.id), "network_id": str(network_id("RWP")), "role": role},
    )

    assert answer.status_code == 403
    assert await house.count_published() == said


@pytest.mark.parametrize("code", ["national", "Y56", "RJ1"])
async def test_nobody_gives_above_or_beside_themselves(house: House, code: str) -> None:
    giver = await house.lead("Y60")
    said = await house.count_published()

    answer = await house.http.post(
        "/api/v1/grants",
        headers=giver.bearer,
        json={"person_id": str(giver.person_id), "network_id": str(network_id(code)), "role": "steward"},
    )

    assert answer.status_code == 404
    assert await house.count_published() == said


async def test_the_givers_right_is_read_again_where_the_projection_lags(house: House) -> None:
    """The lead's grant has ended, and nothing of that has arrived at the projection yet."""
    giver, person = await house.lead("Y60"), await house.guest()
    async with house.worker.transaction() as conn:
        await conn.execute(
            "UPDATE grants SET ends_at = $2 WHERE person_id = $1", giver.person_id, clock.now() - timedelta(seconds=1)
        )

    answer = await house.http.post(
        "/api/v1/grants",
        headers=giver.bearer,
        json={"person_id": str(person.id), "network_id": str(network_id("RWP")), "role": "lead"},
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "not-yours-to-give")


async def test_two_leads_who_end_each_other_at_once_do_not_both_succeed(house: House) -> None:
    first, second = await house.guest(), await house.guest()
    held = {person.id: await house.give(person.id, "lead", "Y60") for person in (first, second)}
    now = clock.now()

    async def end(mine: UUID, other: UUID) -> None:
        async with house.worker.transaction() as conn:
            await actions.end(conn, held[other].id, ender=mine, at=now, now=now)

    outcomes = await asyncio.gather(end(first.id, second.id), end(second.id, first.id), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes if outcome is not None] == [NotYoursToGive]


async def test_the_same_role_is_not_given_twice(house: House) -> None:
    national, person = await house.lead("national"), await house.guest()
    await house.give(person.id, "steward", "RWP")

    answer = await house.http.post(
        "/api/v1/grants",
        headers=national.bearer,
        json={"person_id": str(person.id), "network_id": str(network_id("RWP")), "role": "steward"},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "already-held")


async def test_a_role_for_later_is_told_now_and_counts_then(house: House) -> None:
    person, tomorrow = await house.guest(), clock.now() + timedelta(days=1)
    await house.give(person.id, "lead", "RWP", starts_at=tomorrow)

    [told] = await house.published("grants-held")
    assert told["data"]["grants"][0]["starts_at"] == tomorrow.isoformat().replace("+00:00", "Z")
    with pytest.raises(NotYoursToGive):
        async with house.worker.transaction() as conn:
            await actions.give(
                conn,
                new_id(),
                giver=person.id,
                person_id=(await house.guest()).id,
                network_id=network_id("RWP"),
                role="steward",
                starts_at=clock.now(),
                ends_at=None,
                now=clock.now(),
            )


async def test_a_role_that_would_end_before_it_begins_is_refused(house: House) -> None:
    national, person = await house.lead("national"), await house.guest()

    answer = await house.http.post(
        "/api/v1/grants",
        headers=national.bearer,
        json={
            "person_id": str(person.id),
            "network_id": str(network_id("RWP")),
            "role": "steward",
            "starts_at": "2026-12-02T00:00:00Z",
            "ends_at": "2026-12-01T00:00:00Z",
        },
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "instants-out-of-order")


async def test_leads_see_who_holds_what_at_their_network(house: House) -> None:
    regional, person = await house.lead("Y60"), await house.guest()
    for role in ("steward", "organiser"):
        await house.give(person.id, role, "RWP")

    answer = await house.http.get(f"/api/v1/grants?network={network_id('RWP')}&limit=1", headers=regional.bearer)
    rest = await house.http.get(
        f"/api/v1/grants?network={network_id('RWP')}&limit=1&cursor={answer.json()['next']}", headers=regional.bearer
    )

    assert [g["role"] for g in answer.json()["items"] + rest.json()["items"]] == ["steward", "organiser"]
    elsewhere = await house.http.get(f"/api/v1/grants?network={network_id('RJ1')}", headers=regional.bearer)
    assert elsewhere.status_code == 404


async def test_analysts_are_made_by_leads_and_privacy_officers_by_the_national_lead_alone(house: House) -> None:
    regional, national, person = await house.lead("Y60"), await house.lead("national"), await house.guest()

    async def give(giver: Somebody, role: str) -> httpx.Response:
        body = {"person_id": str(person.id), "network_id": str(network_id("RWP")), "role": role}
        return await house.http.post("/api/v1/grants", headers=giver.bearer, json=body)

    analyst, refused = await give(regional, "analyst"), await give(regional, "privacy-officer")
    officer, wizard = await give(national, "privacy-officer"), await give(national, "wizard")
    end = f"/api/v1/grants/{officer.json()['id']}/end"
    not_theirs = await house.http.post(end, headers=regional.bearer, json={})
    ended = await house.http.post(end, headers=national.bearer, json={})

    assert (analyst.status_code, officer.status_code, wizard.status_code) == (201, 201, 422)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-yours-to-give")
    assert "national lead alone" in refused.json()["detail"]
    assert (not_theirs.status_code, ended.status_code) == (403, 200)
    told = (await house.published("grants-held"))[-1]["data"]["grants"]
    assert [grant["role"] for grant in told] == ["analyst"]


@pytest.mark.parametrize("role", ["analyst", "privacy-officer"])
async def test_neither_of_them_gives_anything(house: House, role: str) -> None:
    giver, person = await house.lead("national", role=role), await house.guest()

    answer = await house.http.post(
        "/api/v1/grants",
        headers=giver.bearer,
        json={"person_id": str(person.id), "network_id": str(network_id("RWP")), "role": role},
    )

    assert answer.status_code == 403
