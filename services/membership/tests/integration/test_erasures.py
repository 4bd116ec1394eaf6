"""Somebody is forgotten: nothing of theirs is left in any table, all cells hear of it, and nothing brings them back."""

import tomllib
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from erased_people import ADDRESS, CANARY, asked_for, carry_out_all, found_in, somebody_everywhere
from membership_house import House, Scope
from people_files import file, row

from membership_service import held
from membership_service.erasures import actions, store
from membership_service.erasures.model import SWEPT_AFTER
from membership_service.networks.model import network_id
from servicekit import clock
from servicekit.database import Conn
from servicekit.subjects import Holding, keeps

OWN = "/api/v1/me/erasure"


async def test_nothing_of_whoever_is_erased_stands_in_any_table(house: House) -> None:
    lead = await house.lead("national")
    ada = await somebody_everywhere(house, lead)
    before = await found_in(house)

    asked_for(await house.http.post(OWN, headers=ada.bearer))
    await carry_out_all(house)

    assert {"public.people", "public.join_requests", "public.invitations", "servicekit.jobs"} <= before
    assert "servicekit.idempotency_keys" in before
    assert await found_in(house) == set()
    assert await found_in(house, ADDRESS.partition("@")[0]) == set()


@pytest.mark.parametrize("table", ["people", "join_requests", "invitations", "servicekit.jobs"])
async def test_a_rule_that_is_taken_away_leaves_the_canary(
    house: House, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))
    weaker = [Holding(one.table, keeps("a test"), one.about) if one.table == table else one for one in held.HELD]
    monkeypatch.setattr("membership_service.erasures.actions.HELD", weaker)

    asked_for(await house.http.post(OWN, headers=ada.bearer))
    await carry_out_all(house)

    assert table.rpartition(".")[2] in {name.rpartition(".")[2] for name in await found_in(house)}


async def test_the_request_is_taken_at_once_and_said_on_every_cell(house: House) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))

    erasure_id = asked_for(await house.http.post(OWN, headers=ada.bearer))
    await carry_out_all(house)

    told = await house.published("person-erased")
    assert {one["topic"] for one in told} == {f"{cell}.membership" for cell in house.cells.all}
    assert {one["key"] for one in told} == {str(ada.person_id)}
    assert {UUID(one["data"]["erasure_id"]) for one in told} == {erasure_id}
    assert CANARY.lower() not in str(told).lower()


async def test_profiles_end_in_every_cell_and_so_does_all_that_was_held(house: House) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))

    asked_for(await house.http.post(OWN, headers=ada.bearer))
    await carry_out_all(house)

    profiles = [one for one in await house.published("profile%") if one["key"] == str(ada.person_id)]
    assert {one["topic"].partition(".")[0] for one in profiles} == set(house.cells.all)
    grants = [one for one in await house.published("grants-held") if one["key"] == str(ada.person_id)]
    assert grants[-1]["data"]["grants"] == []
    ended = [one for one in await house.published("membership-ended") if one["key"] == str(ada.person_id)]
    assert [one["data"]["network_id"] for one in ended] == [str(network_id("RWP"))]


async def test_whoever_is_erased_signs_in_as_nobody_and_may_come_back_as_somebody_new(house: House) -> None:
    ada = await somebody_everywhere(house, await house.lead("national"))
    asked_for(await house.http.post(OWN, headers=ada.bearer))
    await carry_out_all(house)

    refused = await house.http.get("/api/v1/me", headers=ada.bearer)
    again = await house.http.post(
        f"/api/v1/networks/{network_id('Y61')}/join-requests",
        headers=ada.bearer,
        json={"given_name": "Ada", "family_name": "Obi", "organisation": "Elsewhere Ltd"},
    )
    await house.settle()
    me = await house.http.get("/api/v1/me", headers=ada.bearer)

    assert refused.status_code == 403
    assert refused.json()["code"] == "not-linked"
    assert again.status_code == 201, again.text
    assert me.status_code == 200
    assert me.json()["person"]["id"] != str(ada.person_id)


async def test_asking_twice_is_one_erasure(house: House) -> None:
    ada = await house.sign_in((await house.member("RWP"))[0])

    first = asked_for(await house.http.post(OWN, headers=ada.bearer | {"Idempotency-Key": "once"}))
    same = asked_for(await house.http.post(OWN, headers=ada.bearer | {"Idempotency-Key": "once"}))
    anew = asked_for(await house.http.post(OWN, headers=ada.bearer))
    done = await carry_out_all(house)

    assert first == same == anew
    assert [erasure.id for erasure in done] == [first]


async def test_the_last_national_lead_is_not_erased(house: House) -> None:
    lead = await house.lead("national")

    answer = await house.http.post(OWN, headers=lead.bearer)

    assert answer.status_code == 409
    assert answer.json()["code"] == "last-national-lead"
    assert (await house.http.get("/api/v1/me", headers=lead.bearer)).status_code == 200


async def test_who_became_the_last_lead_meanwhile_is_refused_and_may_ask_again(house: House) -> None:
    one, other = await house.lead("national"), await house.lead("national")
    asked_for(await house.http.post(OWN, headers=one.bearer))
    asked_for(await house.http.post(OWN, headers=other.bearer))

    states = [erasure.state for erasure in await carry_out_all(house)]

    assert states == ["carried-out", "refused"]
    assert (await house.http.get("/api/v1/me", headers=other.bearer)).status_code == 200
    again = await house.http.post(OWN, headers=other.bearer)
    assert again.status_code == 409
    assert again.json()["code"] == "last-national-lead"


async def test_a_privacy_officer_erases_somebody_of_their_own_networks_only(house: House) -> None:
    officer = await house.lead("Y60", role="privacy-officer")
    near, far, guest = (await house.member("RWP"))[0], (await house.member("RGT"))[0], await house.guest()
    await house.settle()

    answers = {
        name: await house.http.post(f"/api/v1/people/{person.id}/erasure", headers=officer.bearer)
        for name, person in {"near": near, "far": far, "guest": guest}.items()
    }
    await carry_out_all(house)
    again = await house.http.post(f"/api/v1/people/{near.id}/erasure", headers=officer.bearer)

    assert {name: answer.status_code for name, answer in answers.items()} == {"near": 202, "far": 404, "guest": 404}
    assert again.status_code == 404


@pytest.mark.parametrize("role", ["lead", "organiser", "steward", "analyst"])
async def test_no_other_role_erases_anybody(house: House, role: str) -> None:
    holder = await house.lead("national", role=role)
    somebody = (await house.member("RWP"))[0]
    await house.settle()

    answer = await house.http.post(f"/api/v1/people/{somebody.id}/erasure", headers=holder.bearer)

    assert answer.status_code in (403, 404)
    assert await carry_out_all(house) == []


async def test_nobody_comes_to_be_erased_without_a_person(house: House) -> None:
    stranger = house.issuer.bearer("stranger", email="stranger@rwp.example")

    unlinked = await house.http.post(OWN, headers=stranger)
    anonymous = await house.http.post(OWN)

    assert unlinked.status_code == 403
    assert unlinked.json()["code"] == "not-linked"
    assert anonymous.status_code == 401


async def test_the_ledger_is_behind_the_second_wall(house: House) -> None:
    ada = await house.sign_in((await house.member("RWP"))[0])
    asked_for(await house.http.post(OWN, headers=ada.bearer))

    async with house.api.reading(Scope(scopes=["national.london"])) as conn:
        elsewhere = await conn.fetchval("SELECT count(*) FROM erasures")
    async with house.api.reading(Scope(scopes=["national.midlands"])) as conn:
        there = await conn.fetchval("SELECT count(*) FROM erasures")

    assert (elsewhere, there) == (0, 1)


async def test_an_import_that_began_before_brings_nobody_back(house: House) -> None:
    """The file was handed in while the person was there; its row comes up once they are erased."""
    ada = await somebody_everywhere(house, await house.lead("national"))
    queued = await house.queue_import("people", file(row(given_name=CANARY, family_name=f"{CANARY}son", email=ADDRESS)))
    asked_for(await house.http.post(OWN, headers=ada.bearer))
    await carry_out_all(house)

    job = await house.run_import(queued)
    async with house.worker.transaction() as conn:
        let_in = await store.let_imports_in(conn)

    assert [refusal["kind"] for refusal in job["report"]["refusals"]] == ["erased-meanwhile"]
    assert let_in == 1
    assert await found_in(house) == set()


async def test_without_the_hash_the_import_would_bring_them_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forgotten(conn: Conn, erasure_id: UUID) -> None: ...

    monkeypatch.setattr(store, "shut_out_imports", forgotten)
    ada = await somebody_everywhere(house, await house.lead("national"))
    queued = await house.queue_import("people", file(row(given_name=CANARY, family_name=f"{CANARY}son", email=ADDRESS)))
    asked_for(await house.http.post(OWN, headers=ada.bearer))
    await carry_out_all(house)

    await house.run_import(queued)

    assert "public.people" in await found_in(house)


async def test_profiles_end_once_more_so_that_the_broker_lets_go_of_them(house: House) -> None:
    """Kafka compacts no segment that it still writes to, and closes one only when something is added."""
    ada = await house.sign_in((await house.member("RWP"))[0])
    asked_for(await house.http.post(OWN, headers=ada.bearer))
    await carry_out_all(house)
    later = clock.now() + SWEPT_AFTER + timedelta(seconds=1)

    swept = []
    for now in (clock.now(), later, later):
        async with house.worker.transaction() as conn:
            swept.append(await actions.sweep(conn, house.cells.all, now=now))

    assert swept == [0, 1, 0]
    ended = [one for one in await house.published("profile") if one["key"] == str(ada.person_id)]
    assert len(ended[-8:]) == len({one["topic"] for one in ended[-8:]}) == len(house.cells.all)


def test_profiles_end_once_more_in_a_later_segment(cells_file: Path) -> None:
    written = tomllib.loads(cells_file.read_text())["compacted"]["segment_ms"]

    assert timedelta(milliseconds=written) < SWEPT_AFTER
