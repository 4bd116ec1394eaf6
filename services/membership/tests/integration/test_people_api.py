"""Persons over HTTP: registered by the national lead, changed with the version in hand, read by whom it concerns."""

from typing import Any

import httpx
import pytest
from membership_house import House

from membership_service.networks.model import network_id
from servicekit.ids import new_id

ADA: dict[str, Any] = {"given_name": "Ada", "family_name": "Obi", "email": "ada@rwp.example"}


async def register(house: House, bearer: dict[str, str], **given: Any) -> httpx.Response:
    return await house.http.post("/api/v1/people", headers=bearer, json=ADA | given)


async def test_the_national_lead_registers_a_guest(house: House) -> None:
    national = await house.lead("national")

    answer = await register(house, national.bearer)

    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert "national.membership.profiles:" in answer.headers["guildhall-signal"]
    read = await house.http.get(f"/api/v1/people/{answer.json()['id']}", headers=national.bearer)
    assert read.json() == answer.json()


async def test_others_register_nobody(house: House) -> None:
    regional, guest = await house.lead("Y60"), await house.sign_in(await house.guest())
    people = len(await house.published("profile"))

    answers = [await register(house, one.bearer) for one in (regional, guest)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert len(await house.published("profile")) == people


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"email": "info@rwp.example"}, 422, "shared-mailbox"),
        ({"email": "a@nhs.net <b@evil.example>"}, 422, "email-header-injection"),
        ({"email": "nobody"}, 422, "email-malformed"),
        ({"email": "ADA.OBI1@rwp.example"}, 409, "email-in-use"),
        ({"family_name": "<script>"}, 422, "name-refused"),
        ({"role": "lead"}, 422, "invalid"),
        ({"given_name": None}, 422, "invalid"),
    ],
)
async def test_what_is_wrong_is_told_and_nothing_is_left_behind(
    house: House, given: dict[str, Any], status: int, code: str
) -> None:
    national = await house.lead("national")
    said = await house.count_published()

    answer = await register(house, national.bearer, **given)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await house.count_published() == said


async def test_the_same_request_twice_registers_once(house: House) -> None:
    national = await house.lead("national")
    headers = national.bearer | {"Idempotency-Key": "register-ada"}

    first, second = await register(house, headers), await register(house, headers)
    another = await register(house, headers, email="bo@rwp.example")

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert first.headers["guildhall-signal"] == second.headers["guildhall-signal"]
    assert (another.status_code, another.json()["code"]) == (422, "idempotency-key-reused")


async def test_people_change_what_is_theirs_with_the_version_in_hand(house: House) -> None:
    person, _ = await house.member("RWP")
    ada = await house.sign_in(person)
    address = f"/api/v1/people/{person.id}"
    version = (await house.http.get(address, headers=ada.bearer)).headers["etag"]

    blind = await house.http.patch(address, headers=ada.bearer, json={"given_name": "Adaeze"})
    answer = await house.http.patch(address, headers=ada.bearer | {"If-Match": version}, json={"given_name": "Adaeze"})
    late = await house.http.patch(address, headers=ada.bearer | {"If-Match": version}, json={"given_name": "A"})

    assert (blind.status_code, late.status_code, late.json()["code"]) == (428, 412, "changed-meanwhile")
    assert (answer.json()["given_name"], answer.headers["etag"]) == ("Adaeze", '"2"')
    assert (await house.published("profile"))[-1]["topic"] == "midlands.membership.profiles"


async def test_nobody_takes_anothers_address(house: House) -> None:
    await house.guest(email="bo@rwp.example")
    person = await house.guest()
    ada = await house.sign_in(person)

    answer = await house.http.patch(
        f"/api/v1/people/{person.id}", headers=ada.bearer | {"If-Match": '"1"'}, json={"email": "BO@rwp.example"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "email-in-use")


async def test_leads_read_their_own_members_and_nobody_else(house: House) -> None:
    midlands, london = await house.lead("Y60"), await house.lead("Y56")
    person, _ = await house.member("RWP")

    def statuses(*answers: httpx.Response) -> list[int]:
        return [answer.status_code for answer in answers]

    for suffix in ("", "/memberships"):
        address = f"/api/v1/people/{person.id}{suffix}"
        here = await house.http.get(address, headers=midlands.bearer)
        elsewhere = await house.http.get(address, headers=london.bearer)
        unknown = new_id()
        nobody = await house.http.get(f"/api/v1/people/{unknown}{suffix}", headers=london.bearer)
        assert statuses(here, elsewhere, nobody) == [200, 404, 404]
        assert elsewhere.json()["detail"] == nobody.json()["detail"].replace(str(unknown), str(person.id))


async def test_of_somebody_who_moved_on_the_old_region_sees_the_membership_and_not_the_person(house: House) -> None:
    midlands, london, national = await house.lead("Y60"), await house.lead("Y56"), await house.lead("national")
    person, membership = await house.member("RWP")
    await house.http.post(
        f"/api/v1/memberships/{membership.id}/move",
        headers=national.bearer,
        json={"network_id": str(network_id("RJ1")), "on": "2026-04-01"},
    )

    old = await house.http.get(f"/api/v1/people/{person.id}", headers=midlands.bearer)
    new = await house.http.get(f"/api/v1/people/{person.id}/memberships", headers=london.bearer)
    kept = await house.http.get(f"/api/v1/memberships/{membership.id}", headers=midlands.bearer)

    assert (old.status_code, kept.status_code, kept.json()["until"]) == (404, 200, "2026-03-31")
    assert [held["path"] for held in new.json()["items"]] == ["national.london.rj1"]


async def test_a_person_sees_all_of_their_own(house: House) -> None:
    person, _ = await house.member("RWP")
    await house.begin(person, "RJ1")
    await house.give(person.id, "steward", "RWP")
    ada = await house.sign_in(person)

    me = (await house.http.get("/api/v1/me", headers=ada.bearer)).json()

    assert me["person"]["email"] == person.email
    assert [(m["network"], m["path"], m["main"]) for m in me["memberships"]] == [
        ("Guy's and St Thomas' NHS Foundation Trust", "national.london.rj1", False),
        ("Worcestershire Acute Hospitals NHS Trust", "national.midlands.rwp", True),
    ]
    assert [(g["role"], g["path"]) for g in me["grants"]] == [("steward", "national.midlands.rwp")]
