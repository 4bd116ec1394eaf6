"""Job role, sector and which membership is main: changed by the person or a lead, told, and guarded by versions."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from membership_house import House

from access.testing import Somebody
from servicekit import clock

TODAY = clock.today()


async def change(house: House, who: Somebody, membership_id: UUID, seen: int = 1, **body: Any) -> httpx.Response:
    headers = who.bearer | {"If-Match": f'"{seen}"'}
    return await house.http.patch(f"/api/v1/memberships/{membership_id}", headers=headers, json=body)


async def test_oneself_and_ones_lead_say_what_the_job_is(house: House) -> None:
    lead, (person, membership) = await house.lead("RWP"), await house.member("RWP")
    ada = await house.sign_in(person)

    own = await change(house, ada, membership.id, job_role="General Manager")
    leads = await change(house, lead, membership.id, seen=2, sector="community")

    assert own.status_code == 200, own.text
    assert (own.json()["job_role"], own.json()["sector"], own.json()["described_from"]) == (
        "general-manager",
        "acute",
        str(TODAY),
    )
    assert (leads.json()["job_role"], leads.json()["sector"], leads.headers["etag"]) == (
        "general-manager",
        "community",
        '"3"',
    )
    told = await house.published("membership-changed")
    assert [(one["topic"], one["version"], one["data"]["job_role"]) for one in told] == [
        ("midlands.membership", 2, "general-manager"),
        ("midlands.membership", 3, "general-manager"),
    ]


async def test_the_same_again_is_not_told(house: House) -> None:
    person, membership = await house.member("RWP")
    ada = await house.sign_in(person)

    answer = await change(house, ada, membership.id, job_role="service-manager")
    nothing = await change(house, ada, membership.id)

    assert [one.status_code for one in (answer, nothing)] == [200, 200]
    assert answer.json()["version"] == nothing.json()["version"] == 1
    assert await house.published("membership-changed") == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"job_role": "Wizard"}, "unknown-job-role"),
        ({"sector": "Acute care!"}, "sector-malformed"),
        ({"described_from": "2019-12-31", "job_role": "general-manager"}, "dates-out-of-order"),
        ({"described_from": "2024-02-30"}, "invalid"),
        ({"main": True}, "invalid"),
    ],
)
async def test_what_makes_no_sense_is_refused(house: House, body: dict[str, Any], code: str) -> None:
    person, membership = await house.member("RWP")
    ada = await house.sign_in(person)

    answer = await change(house, ada, membership.id, **body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await house.published("membership-changed") == []


async def test_whoever_has_not_seen_the_last_version_changes_nothing(house: House) -> None:
    person, membership = await house.member("RWP")
    ada = await house.sign_in(person)
    read = await house.http.get(f"/api/v1/memberships/{membership.id}", headers=ada.bearer)
    await change(house, ada, membership.id, job_role="general-manager")

    stale = await change(house, ada, membership.id, job_role="service-manager")
    blind = await house.http.patch(f"/api/v1/memberships/{membership.id}", headers=ada.bearer, json={})
    main = await house.http.post(f"/api/v1/memberships/{membership.id}/make-main", headers=ada.bearer)

    assert read.headers["etag"] == '"1"'
    assert [one.status_code for one in (stale, blind, main)] == [412, 428, 428]
    assert len(await house.published("membership-changed")) == 1


async def test_others_change_nothing(house: House) -> None:
    london, steward = await house.lead("Y56"), await house.lead("RWP", role="steward")
    _, membership = await house.member("RWP")

    answers = [await change(house, who, membership.id, job_role="general-manager") for who in (london, steward)]

    assert [answer.status_code for answer in answers] == [404, 403]
    assert await house.published("membership-changed") == []


async def test_which_network_is_home_is_ones_own_choice(house: House) -> None:
    lead, national = await house.lead("RJ1"), await house.lead("national")
    person, first = await house.member("RWP")
    second = await house.begin(person, "RJ1")
    ada = await house.sign_in(person)
    where = f"/api/v1/memberships/{second.id}/make-main"

    refused = [await house.http.post(where, headers=who.bearer | {"If-Match": '"1"'}) for who in (lead, national)]
    answer = await house.http.post(where, headers=ada.bearer | {"If-Match": '"1"'})
    again = await house.http.post(where, headers=ada.bearer | {"If-Match": '"2"'})

    assert [one.status_code for one in refused] == [403, 403]
    assert (answer.status_code, answer.json()["main"], answer.headers["etag"]) == (200, True, '"2"')
    assert (again.status_code, again.json()["version"]) == (200, 2)
    told = await house.published("membership-changed")
    assert [(one["data"]["membership_id"], one["data"]["main"]) for one in told] == [
        (str(first.id), False),
        (str(second.id), True),
    ]


async def test_what_is_over_is_nobodys_home(house: House) -> None:
    person, first = await house.member("RWP")
    await house.begin(person, "RJ1")
    ended = await house.begin(person, "RXK", until=TODAY - timedelta(days=1))
    ada = await house.sign_in(person)

    answer = await house.http.post(
        f"/api/v1/memberships/{ended.id}/make-main", headers=ada.bearer | {"If-Match": '"1"'}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "membership-ended")
    assert await house.published("membership-changed") == []
    assert first.main
