"""Consent: asked in plain words, given and taken back by the person alone, and told where the agreement lives."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from membership_house import House, Scope
from people_files import count

from access.testing import Somebody
from membership_service.networks.model import network_id
from membership_service.people import store as people
from servicekit import clock

TODAY = clock.today()
CONSENTS = "/api/v1/me/consents"
ASKS = {
    "guildhall.events.event-published.v1": ["title"],
    "guildhall.events.attendance-recorded.v1": ["person_id", "event_id", "attended_at"],
}


async def agreement(house: House, lead: Somebody, code: str = "national", **given: Any) -> str:
    body = {
        "network_id": str(network_id(code)),
        "body": "NHS Providers",
        "client_id": "nhs-providers",
        "issuer": house.issuer.url,
        "purpose": "To credit what you learned",
        "networks": [str(network_id(code))],
        "fields": ASKS,
        "starts_on": str(TODAY),
        "ends_on": str(TODAY + timedelta(days=365)),
    } | given
    answer = await house.http.post("/api/v1/agreements", headers=lead.bearer, json=body)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


async def member(house: House, code: str = "RWP") -> Somebody:
    return await house.sign_in((await house.member(code))[0])


async def give(house: House, who: Somebody, agreement_id: str) -> httpx.Response:
    return await house.http.put(f"{CONSENTS}/{agreement_id}", headers=who.bearer)


async def withdraw(house: House, who: Somebody, agreement_id: str) -> httpx.Response:
    return await house.http.delete(f"{CONSENTS}/{agreement_id}", headers=who.bearer)


async def test_what_is_asked_is_said_in_plain_words(house: House) -> None:
    lead, ada = await house.lead("national"), await member(house)
    asked = await agreement(house, lead)
    await agreement(house, lead, fields={"guildhall.events.event-published.v1": ["title"]})

    [shown] = (await house.http.get(CONSENTS, headers=ada.bearer)).json()["items"]

    assert shown == {
        "agreement_id": asked,
        "body": "NHS Providers",
        "purpose": "To credit what you learned",
        "network_id": str(network_id("national")),
        "network": "National network",
        "asks": [
            {
                "type": "guildhall.events.attendance-recorded.v1",
                "says": "that you were at an event",
                "fields": [
                    {"name": "attended_at", "says": "when you came"},
                    {"name": "event_id", "says": "which event"},
                    {"name": "person_id", "says": "a number that stands for you"},
                ],
            }
        ],
        "starts_on": str(TODAY),
        "until": str(TODAY + timedelta(days=365)),
        "given": False,
        "at": None,
        "version": 0,
    }


async def test_consent_is_given_and_told_on_the_agreements_cell(house: House) -> None:
    lead, ada = await house.lead("Y60"), await member(house)
    asked = await agreement(house, lead, "Y60")

    answer = await give(house, ada, asked)

    assert answer.status_code == 200, answer.text
    assert (answer.json()["given"], answer.json()["version"]) == (True, 1)
    [told] = await house.published("consent-given")
    assert (told["topic"], told["key"]) == ("midlands.membership", str(ada.person_id))
    assert told["data"] == {
        "version": 1,
        "person_id": str(ada.person_id),
        "agreement_id": asked,
        "given": True,
        "at": answer.json()["at"],
    }
    assert "midlands.membership:" in answer.headers["guildhall-signal"]


async def test_consent_is_taken_back_and_every_answer_kept(house: House) -> None:
    ada, asked = await member(house), await agreement(house, await house.lead("national"))
    officer = await house.lead("national", role="privacy-officer")
    await give(house, ada, asked)

    answer = await withdraw(house, ada, asked)
    await give(house, ada, asked)

    assert (answer.status_code, answer.json()["given"], answer.json()["version"]) == (200, False, 2)
    [told] = await house.published("consent-withdrawn")
    assert (told["version"], told["data"]["given"]) == (2, False)
    own = await house.http.get(f"{CONSENTS}/{asked}/history", headers=ada.bearer)
    assert [(one["version"], one["given"]) for one in own.json()["items"]] == [(3, True), (2, False), (1, True)]
    theirs = await house.http.get(f"/api/v1/people/{ada.person_id}/consents", headers=officer.bearer)
    assert [(one["version"], one["given"], one["body"]) for one in theirs.json()["items"]] == [
        (1, True, "NHS Providers"),
        (2, False, "NHS Providers"),
        (3, True, "NHS Providers"),
    ]


async def test_the_same_answer_again_changes_and_tells_nothing(house: House) -> None:
    ada, asked = await member(house), await agreement(house, await house.lead("national"))

    never = await withdraw(house, ada, asked)
    first, again = await give(house, ada, asked), await give(house, ada, asked)

    assert (never.status_code, never.json()["given"], never.json()["version"]) == (200, False, 0)
    assert first.json() == again.json()
    assert await house.published("consent-withdrawn") == []
    assert len(await house.published("consent-given")) == 1


async def test_answers_at_once_are_one_after_the_other(house: House) -> None:
    ada, asked = await member(house), await agreement(house, await house.lead("national"))

    await asyncio.gather(*(give(house, ada, asked) for _ in range(4)), *(withdraw(house, ada, asked) for _ in range(4)))

    told = await house.published("consent-%")
    assert [one["version"] for one in told] == list(range(1, len(told) + 1))
    assert [one["data"]["given"] for one in told] == [number % 2 == 0 for number in range(len(told))]


async def test_only_members_of_the_networks_concerned_are_asked(house: House) -> None:
    asked = await agreement(house, await house.lead("Y60"), "Y60")
    londoner, guest = await member(house, "RJ1"), await house.sign_in(await house.guest())

    for who in (londoner, guest):
        assert (await house.http.get(CONSENTS, headers=who.bearer)).json()["items"] == []
        for answer in (await give(house, who, asked), await withdraw(house, who, asked)):
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert await house.published("consent-%") == []


async def test_what_asks_for_nothing_or_is_not_there_takes_no_answer(house: House) -> None:
    ada, lead = await member(house), await house.lead("national")
    impersonal = await agreement(house, lead, fields={"guildhall.events.event-published.v1": ["title"]})

    nothing = await give(house, ada, impersonal)
    nowhere = await give(house, ada, "0190b3a0-7c1e-7000-8000-000000000001")
    no_id = await give(house, ada, "nhs-providers")

    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing-asked")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not-found")
    assert no_id.status_code == 422
    assert await count(house, "consents") == 0


async def test_an_agreement_that_is_over_asks_no_more(house: House) -> None:
    ada, lead = await member(house), await house.lead("national")
    asked = await agreement(house, lead)
    await give(house, ada, asked)
    await house.http.post(f"/api/v1/agreements/{asked}/end", headers=lead.bearer, json={"on": str(TODAY)})
    clock.move(timedelta(days=1))
    try:
        await house.settle()
        listed = (await house.http.get(CONSENTS, headers=ada.bearer)).json()["items"]
        withdrawn, late = await withdraw(house, ada, asked), await give(house, ada, asked)
    finally:
        clock.move(-timedelta(days=1))

    assert listed == []
    assert withdrawn.json()["given"] is False
    assert (late.status_code, late.json()["code"]) == (409, "agreement-ended")


async def test_whoever_has_left_can_still_take_it_back(house: House) -> None:
    person, membership = await house.member("RWP")
    ada, asked = await house.sign_in(person), await agreement(house, await house.lead("Y60"), "Y60")
    await give(house, ada, asked)
    await house.http.post(f"/api/v1/me/memberships/{membership.id}/leave", headers=ada.bearer, json={})
    clock.move(timedelta(days=1))
    try:
        await house.settle()
        [shown] = (await house.http.get(CONSENTS, headers=ada.bearer)).json()["items"]
        answer, again = await withdraw(house, ada, asked), await give(house, ada, asked)
    finally:
        clock.move(-timedelta(days=1))

    assert shown["given"] is True
    assert (answer.status_code, answer.json()["given"]) == (200, False)
    assert again.status_code == 404


async def test_consents_are_read_page_by_page(house: House) -> None:
    ada, lead = await member(house), await house.lead("national")
    made = [await agreement(house, lead, body=f"Body {number}") for number in range(3)]

    first = (await house.http.get(CONSENTS, headers=ada.bearer, params={"limit": 2})).json()
    second = (await house.http.get(CONSENTS, headers=ada.bearer, params={"limit": 2, "cursor": first["next"]})).json()

    assert [one["agreement_id"] for one in (*first["items"], *second["items"])] == made
    assert second["next"] is None


async def test_nobodys_word_is_read_by_their_lead(house: House) -> None:
    ada, lead = await member(house), await house.lead("RWP")
    elsewhere = await house.lead("Y56", role="privacy-officer")
    here = await house.lead("Y60", role="privacy-officer")
    about = f"/api/v1/people/{ada.person_id}/consents"

    answers = [await house.http.get(about, headers=who.bearer) for who in (lead, elsewhere, here, ada)]

    assert [answer.status_code for answer in answers] == [403, 404, 200, 200]


@pytest.mark.parametrize("table", ["consents", "consent_history"])
async def test_row_level_security_shows_consents_to_their_person_alone(house: House, table: str) -> None:
    ada, ben = await member(house), await member(house)
    asked = await agreement(house, await house.lead("national"))
    await give(house, ada, asked)
    await give(house, ben, asked)

    async def seen(scope: Scope, admitted: UUID | None = None) -> set[UUID]:
        async with house.api.transaction(scope) as conn:
            if admitted is not None:
                await people.lock_many(conn, [admitted], admitted=admitted)
            return {row[0] for row in await conn.fetch(f"SELECT person_id FROM {table}")}

    assert await seen(Scope(ada.person_id)) == {ada.person_id}
    assert await seen(Scope(scopes=["national"])) == set()
    assert await seen(Scope(), admitted=ben.person_id) == {ben.person_id}
