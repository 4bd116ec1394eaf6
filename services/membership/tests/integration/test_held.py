"""Everything that is held about somebody is shown to them, column by column, and to nobody who may not ask."""

from typing import Any

import pytest
from erased_people import ADDRESS, CANARY, asked_for, carry_out_all, somebody_everywhere
from membership_house import House

from access.testing import Somebody
from servicekit.ids import new_id

HELD = "/api/v1/me/held"


async def everything(house: House, who: Somebody, address: str = HELD, *, limit: int = 3) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = await house.http.get(f"{address}?limit={limit}{cursor}", headers=who.bearer)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) <= limit
        rows += answer.json()["items"]
        if answer.json()["next"] is None:
            return rows
        cursor = f"&cursor={answer.json()['next']}"


async def test_all_that_is_personal_is_shown_with_its_tag(house: House) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))

    rows = await everything(house, ada)

    tables = {row["table"] for row in rows}
    assert {"people", "memberships", "identities", "grants", "join_requests", "directory_choices"} <= tables
    person = next(row["columns"] for row in rows if row["table"] == "people")
    assert person["email"] == {"tag": "personal", "value": ADDRESS}
    assert person["id"] == {"tag": "pseudonym", "value": str(ada.person_id)}
    asked = next(row["columns"] for row in rows if row["table"] == "join_requests")
    assert CANARY in asked["reason"]["value"]
    assert all(value["tag"] for row in rows for value in row["columns"].values())


async def test_pages_hold_each_row_once_and_nobody_elses(house: House) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))
    await somebody_else(house)

    by_one, by_many = await everything(house, ada, limit=1), await everything(house, ada, limit=200)

    assert by_one == by_many
    whose = [row["columns"]["person_id"]["value"] for row in by_many if "person_id" in row["columns"]]
    assert set(whose) == {str(ada.person_id)}


async def somebody_else(house: House) -> Somebody:
    return await house.sign_in((await house.member("RWP"))[0])


async def test_a_privacy_officer_is_shown_the_same_as_the_person(house: House) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))
    officer = await house.lead("Y60", role="privacy-officer")

    assert await everything(house, officer, f"/api/v1/people/{ada.person_id}/held") == await everything(house, ada)


@pytest.mark.parametrize(("role", "code", "status"), [("lead", "Y60", 403), ("privacy-officer", "Y56", 404)])
async def test_nobody_else_asks_about_them(house: House, role: str, code: str, status: int) -> None:
    ada = await somebody_else(house)
    other = await house.lead(code, role=role)

    answer = await house.http.get(f"/api/v1/people/{ada.person_id}/held", headers=other.bearer)

    assert answer.status_code == status


async def test_of_somebody_in_two_regions_only_the_nations_officer_reads_everything(house: House) -> None:
    """A region's officer would be shown what is held of them in another region."""
    person, _ = await house.member("RWP")
    await house.begin(person, "RJ1")
    address = f"/api/v1/people/{person.id}"

    regional, national = [await house.lead(code, role="privacy-officer") for code in ("Y60", "national")]
    for what, done in (("get", 200), ("post", 202)):
        url = f"{address}/held" if what == "get" else f"{address}/erasure"
        refused = await house.http.request(what, url, headers=regional.bearer)
        assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
        assert (await house.http.request(what, url, headers=national.bearer)).status_code == done


async def test_somebody_elsewhere_and_somebody_who_is_not_look_alike(house: House) -> None:
    far = (await house.member("RGT"))[0]
    officer = await house.lead("Y60", role="privacy-officer")

    answers = [await house.http.get(f"/api/v1/people/{one}/held", headers=officer.bearer) for one in (far.id, new_id())]

    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_after_an_erasure_nothing_personal_is_held(house: House) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))
    officer = await house.lead("national", role="privacy-officer")
    asked_for(await house.http.post("/api/v1/me/erasure", headers=ada.bearer))
    await carry_out_all(house)

    rows = await everything(house, officer, f"/api/v1/people/{ada.person_id}/held")

    personal = [value["value"] for row in rows for value in row["columns"].values() if value["tag"] == "personal"]
    assert rows
    assert {value for value in personal if value is not None} <= {"", " "}


async def test_nobody_without_a_person_asks(house: House) -> None:
    stranger = house.issuer.bearer("stranger", email="stranger@rwp.example")

    assert (await house.http.get(HELD, headers=stranger)).status_code == 403
    assert (await house.http.get(HELD)).status_code == 401
