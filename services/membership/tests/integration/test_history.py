"""What happened to memberships and requests, dated, with who did it: for its person, its leads and privacy officers."""

from pathlib import Path
from typing import Any

import asyncpg
import httpx
from joiners import address_of, ask, newcomer
from membership_house import House
from people_files import file, row

import membership_service
from access.testing import Somebody
from membership_service.networks.model import network_id
from servicekit import clock

TODAY = clock.today()
MIGRATIONS = Path(membership_service.__file__).parent / "migrations"


async def steps(house: House, headers: dict[str, str], where: str, **query: Any) -> list[tuple[str, str | None]]:
    """What happened and who did it, the first first."""
    answer = await house.http.get(where, headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return [(step["what"], step["acted_by"]) for step in reversed(answer.json()["items"])]


async def test_a_membership_tells_how_it_came_and_went(house: House) -> None:
    lead, nora = await house.lead("RWP"), newcomer(house)
    request = (await ask(house, nora, "RWP")).json()
    await house.settle()
    decided = await house.http.post(
        f"{address_of('RWP')}/join-requests/{request['id']}/approve", headers=lead.bearer, json={}
    )
    membership = decided.json()["membership_id"]
    await house.http.patch(
        f"/api/v1/memberships/{membership}", headers=nora | {"If-Match": '"1"'}, json={"job_role": "service-manager"}
    )
    await house.http.post(f"/api/v1/me/memberships/{membership}/leave", headers=nora, json={})
    who, by = request["person_id"], str(lead.person_id)
    told = [("requested", who), ("started", by), ("approved", by), ("changed", who), ("ended", who)]

    assert await steps(house, nora, "/api/v1/me/history") == told
    assert await steps(house, lead.bearer, f"/api/v1/memberships/{membership}/history") == told
    assert await steps(house, nora, f"/api/v1/memberships/{membership}/history") == told
    where = f"{address_of('RWP')}/join-requests/{request['id']}/history"
    assert await steps(house, lead.bearer, where) == [("requested", who), ("approved", by)]
    read = (await house.http.get(f"/api/v1/memberships/{membership}/history", headers=nora)).json()["items"]
    assert [step["day"] for step in read] == [str(TODAY), str(TODAY), None, str(TODAY), None]
    assert all(step["at"] for step in read)


async def test_a_move_a_refusal_and_a_withdrawal_are_remembered(house: House) -> None:
    national, (person, membership) = await house.lead("national"), await house.member("RWP")
    ada = await house.sign_in(person)
    for number, code in enumerate(("RXK", "RJ1")):
        request = (await ask(house, ada.bearer, code)).json()
        if number == 0:
            await house.http.post(
                f"{address_of(code)}/join-requests/{request['id']}/refuse",
                headers=national.bearer,
                json={"reason": "Move instead"},
            )
        else:
            await house.http.post(f"/api/v1/me/join-requests/{request['id']}/withdraw", headers=ada.bearer)
    await house.http.post(
        f"/api/v1/memberships/{membership.id}/move",
        headers=national.bearer,
        json={"network_id": str(network_id("RJ1")), "on": str(TODAY)},
    )

    own, by = str(person.id), str(national.person_id)
    assert await steps(house, ada.bearer, "/api/v1/me/history") == [
        ("started", None),
        ("requested", own),
        ("refused", by),
        ("requested", own),
        ("withdrawn", own),
        ("moved", by),
        ("started", by),
    ]


async def test_a_lead_reads_as_far_as_their_networks_go(house: House) -> None:
    person, here = await house.member("RWP")
    there = await house.begin(person, "RJ1")
    regional, london = await house.lead("Y60"), await house.lead("Y56")
    # Holds something in London too, which allows no reading of anybody's history there.
    await house.give(regional.person_id, "steward", "RJ1")

    async def seen(who: Somebody) -> list[str]:
        answer = await house.http.get(f"/api/v1/people/{person.id}/history", headers=who.bearer)
        return [step["membership_id"] for step in answer.json()["items"]]

    assert await seen(regional) == [str(here.id)]
    assert await seen(london) == [str(there.id)]
    across = await house.http.get(f"/api/v1/memberships/{here.id}/history", headers=london.bearer)
    assert across.status_code == 404


async def test_a_privacy_officer_reads_all_of_it_and_changes_nothing(house: House) -> None:
    person, membership = await house.member("RWP")
    await house.begin(person, "RJ1")
    officer = await house.lead("national", role="privacy-officer")
    about = f"/api/v1/people/{person.id}"

    reads = [
        await house.http.get(where, headers=officer.bearer)
        for where in (
            about,
            f"{about}/memberships",
            f"{about}/history",
            f"{about}/consents",
            f"/api/v1/memberships/{membership.id}",
            f"/api/v1/memberships/{membership.id}/history",
            f"/api/v1/grants?network={network_id('RWP')}",
            f"/api/v1/agreements?network={network_id('national')}",
        )
    ]
    refused: list[httpx.Response] = [
        await house.http.get(f"{address_of('RWP')}/members", headers=officer.bearer),
        await house.http.get(f"{address_of('RWP')}/join-requests", headers=officer.bearer),
        await house.http.patch(about, headers=officer.bearer | {"If-Match": '"1"'}, json={"given_name": "Eve"}),
        await house.http.post(
            f"/api/v1/memberships/{membership.id}/end", headers=officer.bearer, json={"on": str(TODAY)}
        ),
    ]

    assert [answer.status_code for answer in reads] == [200] * len(reads)
    assert len(reads[2].json()["items"]) == 2
    assert [answer.status_code for answer in refused] == [403] * len(refused)


async def test_the_history_is_read_page_by_page(house: House) -> None:
    person, membership = await house.member("RWP")
    ada = await house.sign_in(person)
    for seen, role in enumerate(("general-manager", "service-manager", "general-manager"), start=1):
        answer = await house.http.patch(
            f"/api/v1/memberships/{membership.id}",
            headers=ada.bearer | {"If-Match": f'"{seen}"'},
            json={"job_role": role},
        )
        assert answer.status_code == 200, answer.text

    found, cursor = [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await house.http.get("/api/v1/me/history", headers=ada.bearer, params=query)).json()
        found += [step["what"] for step in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert found == ["changed", "changed", "changed", "started"]


async def test_an_import_is_remembered_as_nobodys_doing(house: House) -> None:
    await house.import_file("people", file(row(email="ada.obi@rwp.example")))
    async with house.worker.reading() as conn:
        kept = await conn.fetch("SELECT what, day::text, acted_by FROM membership_history")

    assert [tuple(one) for one in kept] == [("started", "2024-03-01", None)]


async def test_who_was_a_member_before_there_was_a_history_stands_in_it(house: House) -> None:
    """The migration itself, run again over people who are there; afterwards the wall stands as before."""
    _, going_on = await house.member("RWP")
    person = await house.guest()
    over = await house.begin(person, "RJ1", until=TODAY)
    [migration] = list(MIGRATIONS.glob("*_history.sql"))
    up, down = migration.read_text().split("-- migrate:down")
    owner = await asyncpg.connect(house.database.owner)
    try:
        async with owner.transaction():
            await owner.execute(down)
            await owner.execute(up)
            await owner.execute("GRANT SELECT ON membership_history TO guildhall_worker")
        forced = await owner.fetchval("SELECT relforcerowsecurity FROM pg_class WHERE oid = 'memberships'::regclass")
    finally:
        await owner.close()

    async with house.worker.reading() as conn:
        kept = await conn.fetch("SELECT membership_id, what, day, at, acted_by FROM membership_history")
    assert [tuple(one) for one in kept] == [
        *((one.id, "started", one.since, None, None) for one in sorted((going_on, over), key=lambda m: m.id)),
        (over.id, "ended", TODAY, None, None),
    ]
    assert forced is True
