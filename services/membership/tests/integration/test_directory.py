"""The directory: members see each other as each chose, slips of typing are forgiven, and nobody outside is told."""

from typing import Any

import pytest
from membership_house import House

from access.store import keep_heartbeats
from access.testing import Somebody
from membership_service.memberships import actions as memberships
from membership_service.networks.model import network_id
from servicekit import clock

MINE = "/api/v1/me/directory"


def address(code: str) -> str:
    return f"/api/v1/networks/{network_id(code)}/directory"


async def member(house: House, code: str = "RWP", **given: str) -> Somebody:
    return await house.sign_in((await house.member(code, **given))[0])


async def show(house: House, who: Somebody, shown: str, *, seen: int = 0) -> None:
    answer = await house.http.put(MINE, headers=who.bearer | {"If-Match": f'"{seen}"'}, json={"shown": shown})
    assert answer.status_code == 200, answer.text


async def entries(house: House, reader: Somebody, code: str, **asked: str) -> list[dict[str, Any]]:
    answer = await house.http.get(address(code), headers=reader.bearer, params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def names(house: House, reader: Somebody, code: str = "Y60", **asked: str) -> list[str]:
    return [entry["family_name"] for entry in await entries(house, reader, code, **asked)]


async def test_a_member_sees_name_trust_and_job_role_and_nothing_else(house: House) -> None:
    reader = await member(house, family_name="Young")
    await house.member("RXK", given_name="Nora", family_name="Bell")

    [nora, oneself] = await entries(house, reader, "Y60")

    assert nora == {
        "given_name": "Nora",
        "family_name": "Bell",
        "trust": "Sandwell and West Birmingham Hospitals NHS Trust",
        "job_role": "service-manager",
        "for_leads": None,
    }
    assert oneself["family_name"] == "Young"


async def test_ones_own_networks_are_those_above_too_and_no_others(house: House) -> None:
    reader = await member(house, "RWP")
    other = await member(house, "RJ1")

    answers = {
        code: (await house.http.get(address(code), headers=reader.bearer)).status_code
        for code in ("RWP", "Y60", "national", "RXK", "Y56", "RJ1")
    }

    assert answers == {"RWP": 200, "Y60": 200, "national": 200, "RXK": 404, "Y56": 404, "RJ1": 404}
    assert len(await entries(house, other, "national")) == 2


async def test_guests_and_those_who_have_left_are_told_nothing(house: House) -> None:
    guest = await house.sign_in(await house.guest())
    person, membership = await house.member("RWP")
    former = await house.sign_in(person)
    async with house.worker.transaction() as conn:
        await memberships.end(conn, membership.id, on=clock.today().replace(year=2025), now=clock.now())
    await house.settle()

    for nobody in (guest, former):
        answer = await house.http.get(address("RWP"), headers=nobody.bearer)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    reader = await member(house, family_name="Young")
    assert await names(house, reader, "RWP") == ["Young"]


async def test_a_lead_sees_addresses_and_days_and_those_who_hide(house: House) -> None:
    lead = await house.lead("Y60")
    hidden = await member(house, family_name="Bell", email="nora.bell@rwp.example")
    await show(house, hidden, "hidden")

    [entry] = await entries(house, lead, "RWP")

    assert entry["for_leads"] == {
        "person_id": str(hidden.person_id),
        "email": "nora.bell@rwp.example",
        "shown": "hidden",
        "since": "2020-01-01",
        "until": None,
    }


async def test_other_roles_read_no_directory_by_their_role(house: House) -> None:
    steward, elsewhere = await house.lead("Y60", role="steward"), await house.lead("Y56")

    answers = [await house.http.get(address("RWP"), headers=who.bearer) for who in (steward, elsewhere)]

    assert [answer.status_code for answer in answers] == [403, 404]


async def test_a_lead_whose_rights_are_not_known_just_now_sees_what_a_member_sees(house: House) -> None:
    reader = await member(house)
    await house.give(reader.person_id, "lead", "RWP")
    async with house.worker.transaction() as conn:
        await conn.execute("DELETE FROM access_heartbeats")

    stale = await entries(house, reader, "RWP")
    async with house.worker.transaction() as conn:
        await keep_heartbeats(conn, dict.fromkeys(house.cells.all, clock.now()), now=clock.now())
    fresh = await entries(house, reader, "RWP")

    assert [entry["for_leads"] is None for entry in (*stale, *fresh)] == [True, False]


async def test_whoever_hides_is_nowhere_and_comes_back(house: House) -> None:
    reader, nora = await member(house, family_name="Young"), await member(house, family_name="Bell")
    await show(house, nora, "hidden")

    hidden = [
        await names(house, reader),
        await names(house, reader, name="Bell"),
        await names(house, reader, trust="RWP"),
    ]
    await show(house, nora, "shown", seen=1)

    assert hidden == [["Young"], [], ["Young"]]
    assert await names(house, reader, name="Bell") == ["Bell"]


async def test_whoever_shows_a_name_only_is_found_by_nothing_else(house: House) -> None:
    reader, nora = await member(house, family_name="Young"), await member(house, family_name="Bell")
    await show(house, nora, "name-only")

    [bell] = await entries(house, reader, "Y60", name="Bell")

    assert (bell["family_name"], bell["trust"], bell["job_role"]) == ("Bell", None, None)
    for asked in ({"trust": "RWP"}, {"job_role": "service-manager"}, {"name": "Bell", "trust": "RWP"}):
        assert "Bell" not in await names(house, reader, **asked)


async def test_what_one_shows_is_ones_own_to_say(house: House) -> None:
    nora = await member(house)

    first = await house.http.get(MINE, headers=nora.bearer)
    chosen = await house.http.put(MINE, headers=nora.bearer | {"If-Match": '"0"'}, json={"shown": "name-only"})
    late = await house.http.put(MINE, headers=nora.bearer | {"If-Match": '"0"'}, json={"shown": "hidden"})
    blind = await house.http.put(MINE, headers=nora.bearer, json={"shown": "hidden"})
    odd = await house.http.put(MINE, headers=nora.bearer | {"If-Match": '"1"'}, json={"shown": "half"})
    last = await house.http.get(MINE, headers=nora.bearer)

    assert (first.json(), first.headers["etag"]) == ({"shown": "shown", "version": 0}, '"0"')
    assert chosen.json() == last.json() == {"shown": "name-only", "version": 1}
    assert (late.status_code, late.json()["detail"]) == (
        412,
        "You have changed version 0, but version 1 is there by now: read it again.",
    )
    assert (blind.status_code, odd.status_code) == (428, 422)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Johnson", "Johnson"),
        ("johnsen", "Johnson"),
        ("Jonson", "Johnson"),
        ("Jhonson", "Johnson"),
        ("Simth", "Smith"),
        ("O'Brien", "O'Brien"),
        ("obrien", "O'Brien"),
        ("Garcia", "García"),
        ("Garzia", "García"),
        ("Smyth", "Smith"),
        ("Adeyeni", "Adeyemi"),
        ("ada johnson", "Johnson"),
    ],
)
async def test_a_name_is_found_in_spite_of_a_slip(house: House, written: str, meant: str) -> None:
    reader = await member(house, family_name="Zimmermann")
    for family_name in ("Johnson", "Smith", "O'Brien", "García", "Patel", "Adeyemi"):
        await house.member("RWP", family_name=family_name)

    assert (await names(house, reader, name=written))[0] == meant


@pytest.mark.parametrize("written", ["Worcestershire", "worcestre acute", "rwp", "Worcestershrie Acute Hospitals"])
async def test_a_trust_is_found_by_name_code_and_in_spite_of_a_slip(house: House, written: str) -> None:
    reader = await member(house, family_name="Young")
    await house.member("RXK", family_name="Bell")

    assert "Young" in await names(house, reader, trust=written)
    assert "Bell" not in await names(house, reader, trust=written)


async def test_a_trust_is_found_by_its_former_name(house: House) -> None:
    reader = await member(house, "RA7", family_name="Young")

    assert await names(house, reader, "Y58", trust="Bristol and Weston") == ["Young"]


async def test_a_job_role_is_found_in_spite_of_a_slip_the_best_first(house: House) -> None:
    reader = await member(house, family_name="Young")
    person = await house.guest(family_name="Bell")
    await house.begin(person, "RXK", job_role="deputy-service-manager")

    assert await names(house, reader, job_role="servcie manager") == ["Young", "Bell"]
    assert await names(house, reader, job_role="deputy servise manager") == ["Bell", "Young"]
    assert await names(house, reader, job_role="astronaut") == []


async def test_too_little_to_search_for_is_refused_in_words(house: House) -> None:
    reader = await member(house)

    answers = [
        await house.http.get(address("RWP"), headers=reader.bearer, params=asked)
        for asked in ({"name": "a"}, {"trust": " %_ "}, {"job_role": "?!"}, {"name": "x" * 101}, {"nmae": "Bell"})
    ]

    assert [answer.status_code for answer in answers] == [422] * 5
    assert answers[0].json()["detail"] == "name: at least 2 letters to search for."


@pytest.mark.parametrize("asked", [{}, {"name": "Bell"}, {"trust": "Worcestershire"}, {"job_role": "service manager"}])
async def test_pages_follow_one_another_without_a_gap_or_a_repeat(house: House, asked: dict[str, str]) -> None:
    reader = await member(house, given_name="A", family_name="Bell")
    for given_name in "BCDEFG":
        await house.member("RWP", given_name=given_name, family_name="Bell")

    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(9):
        page = (
            await house.http.get(address("RWP"), headers=reader.bearer, params=asked | {"limit": "2"} | cursor)
        ).json()
        found += [entry["given_name"] for entry in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert sorted(found) == list("ABCDEFG")
    stolen = await house.http.get(address("Y60"), headers=reader.bearer, params=asked | cursor)
    assert (stolen.status_code, stolen.json()["code"]) == (422, "bad-cursor")


async def test_of_two_memberships_one_entry_with_the_place_of_work(house: House) -> None:
    reader = await member(house, family_name="Young")
    person, _ = await house.member("RXK", family_name="Bell")
    await house.begin(person, "RWP")

    [bell] = await entries(house, reader, "RWP", name="Bell")

    assert bell["trust"] == "Sandwell and West Birmingham Hospitals NHS Trust"
    assert await names(house, reader, "Y60") == ["Bell", "Young"]
