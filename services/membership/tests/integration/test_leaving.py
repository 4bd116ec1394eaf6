"""Leaving by oneself: the last day, what ends with it, where home is then, and who leads what was left."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from membership_house import House

from access.testing import Somebody
from membership_service.grants import actions as grants
from membership_service.grants import store as grant_store
from membership_service.networks.model import network_id
from servicekit import clock

TODAY = clock.today()


async def leave(house: House, who: Somebody, membership_id: UUID, **body: Any) -> httpx.Response:
    return await house.http.post(f"/api/v1/me/memberships/{membership_id}/leave", headers=who.bearer, json=body)


async def test_a_member_leaves_and_today_still_counts(house: House) -> None:
    person, membership = await house.member("RWP")
    ada = await house.sign_in(person)

    answer = await leave(house, ada, membership.id)
    again = await leave(house, ada, membership.id)

    assert answer.status_code == 200, answer.text
    assert (answer.json()["membership"]["until"], answer.json()["without_lead"]) == (str(TODAY), [])
    assert (again.status_code, again.json()["code"]) == (409, "membership-ended")
    [ended] = await house.published("membership-ended")
    assert (ended["topic"], ended["data"]["until"]) == ("midlands.membership", str(TODAY))


async def test_the_last_day_may_lie_ahead_and_not_behind(house: House) -> None:
    person, membership = await house.member("RWP")
    ada = await house.sign_in(person)
    ahead = TODAY + timedelta(days=30)

    past = await leave(house, ada, membership.id, on=str(TODAY - timedelta(days=1)))
    answer = await leave(house, ada, membership.id, on=str(ahead))

    assert (past.status_code, past.json()["code"]) == (422, "dates-out-of-order")
    assert f"{TODAY} or later" in past.json()["detail"]
    assert answer.json()["membership"]["until"] == str(ahead)


async def test_nobody_leaves_for_somebody_else(house: House) -> None:
    lead, (_, membership) = await house.lead("RWP"), await house.member("RWP")

    answer = await leave(house, lead, membership.id)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert await house.published("membership-ended") == []


async def test_what_was_held_there_ends_and_home_moves_on(house: House) -> None:
    person, membership = await house.member("RWP")
    await house.begin(person, "RJ1")
    ada = await house.sign_in(person)
    await house.give(person.id, "organiser", "RWP")

    answer = await leave(house, ada, membership.id)

    assert answer.status_code == 200, answer.text
    [changed] = await house.published("membership-changed")
    assert (changed["topic"], changed["data"]["main"]) == ("london.membership", True)
    [grant] = (await house.published("grants-held"))[-1]["data"]["grants"]
    assert grant["role"] == "organiser"
    assert grant["ends_at"] is not None


async def test_the_last_lead_of_a_trust_is_told_whom_they_leave_without_one(house: House) -> None:
    person, membership = await house.member("RWP")
    ada = await house.sign_in(person)
    await house.give(person.id, "lead", "RWP")

    answer = await leave(house, ada, membership.id)

    assert (answer.status_code, answer.json()["without_lead"]) == (200, [str(network_id("RWP"))])


async def test_where_another_leads_on_nobody_is_told_so(house: House) -> None:
    person, membership = await house.member("RWP")
    ada = await house.sign_in(person)
    await house.give(person.id, "lead", "RWP")
    await house.lead("RWP")

    assert (await leave(house, ada, membership.id)).json()["without_lead"] == []


async def national_lead(house: House) -> tuple[Somebody, UUID]:
    person = await house.guest()
    membership = await house.begin(person, "national", employer=None)
    somebody = await house.sign_in(person)
    await house.give(person.id, "lead", "national")
    return somebody, membership.id


async def test_the_last_national_lead_does_not_leave_the_nation(house: House) -> None:
    ada, membership_id = await national_lead(house)

    refused = await leave(house, ada, membership_id)

    assert (refused.status_code, refused.json()["code"]) == (409, "last-national-lead")
    assert "make somebody else national lead first" in refused.json()["detail"]
    assert await house.published("membership-ended") == []
    await house.lead("national")
    assert (await leave(house, ada, membership_id)).status_code == 200


async def test_two_national_leads_do_not_leave_side_by_side(house: House) -> None:
    both = [await national_lead(house), await national_lead(house)]

    answers = await asyncio.gather(*(leave(house, who, membership_id) for who, membership_id in both))

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_without_the_lock_both_would_leave(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sees the other, who has not left yet: what keeps one of them is that they ask one after the other."""
    both, asked = [await national_lead(house), await national_lead(house)], asyncio.Barrier(2)
    leads_at = grant_store.leads_at

    async def not_held(_conn: Any) -> None:
        return

    async def seen_by_both(conn: Any, ids: Any, **given: Any) -> Any:
        found = await leads_at(conn, ids, **given)
        if len(readers) < 2:
            readers.append(given["besides"])
            await asked.wait()
        return found

    readers: list[UUID] = []
    monkeypatch.setattr(grant_store, "hold_national_leads", not_held)
    monkeypatch.setattr(grant_store, "leads_at", seen_by_both)

    answers = await asyncio.gather(*(leave(house, who, membership_id) for who, membership_id in both))

    assert [answer.status_code for answer in answers] == [200, 200]


async def test_nobody_takes_the_last_national_lead_away_by_another_door(house: House) -> None:
    """Neither by ending the grant, nor by ending the membership from where nobody sees who leads the nation."""
    person, membership = await house.member("RWP")
    ada, regional = await house.sign_in(person), await house.lead("Y60")
    grant = await house.give(person.id, "lead", "national")
    end = f"/api/v1/memberships/{membership.id}/end"

    by_grant = await house.http.post(f"/api/v1/grants/{grant.id}/end", headers=ada.bearer, json={})
    by_membership = await house.http.post(end, headers=regional.bearer, json={"on": str(TODAY)})

    assert [answer.json()["code"] for answer in (by_grant, by_membership)] == ["last-national-lead"] * 2
    await house.lead("national")
    assert (await house.http.post(end, headers=regional.bearer, json={"on": str(TODAY)})).status_code == 200
    async with house.worker.reading() as conn:
        assert await grants.left_without_lead(conn, person.id, [grant], at=clock.now()) == []
