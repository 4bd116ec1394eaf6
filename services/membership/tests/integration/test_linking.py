"""Whoever signs in becomes a person by a verified address from an issuer trusted for its domain, once."""

from typing import Any

import httpx
from membership_house import House

from membership_contracts import subject_hash


async def link(house: House, subject: str, **claims: Any) -> httpx.Response:
    return await house.http.post("/api/v1/me/link", headers=house.issuer.bearer(subject, **claims))


async def test_a_verified_address_links_to_its_person(house: House) -> None:
    person = await house.guest(email="Nora.Bell@rwp.example")

    answer = await link(house, "nora", email="nora.bell@RWP.example")

    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == str(person.id)
    [told] = await house.published("identity-linked")
    assert (told["topic"], told["key"]) == ("national.membership", str(person.id))
    assert told["data"]["subject_hash"] == subject_hash(house.issuer.url, "nora")
    assert "national.membership:" in answer.headers["guildhall-signal"]
    await house.settle()
    me = await house.http.get("/api/v1/me", headers=house.issuer.bearer("nora"))
    assert me.json()["person"]["email"] == "Nora.Bell@rwp.example"


async def test_before_that_they_are_told_to_link(house: House) -> None:
    answer = await house.http.get("/api/v1/me", headers=house.issuer.bearer("nora"))

    assert (answer.status_code, answer.json()["code"]) == (403, "not-linked")


async def test_nobody_with_that_address(house: House) -> None:
    await house.guest(email="nora.bell@rwp.example")

    answer = await link(house, "nora", email="nora.bell2@rwp.example")

    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-person")
    assert "nora.bell2@rwp.example" in answer.json()["detail"]
    assert await house.published("identity-linked") == []


async def test_an_address_that_is_not_verified(house: House) -> None:
    await house.guest(email="nora.bell@rwp.example")

    answer = await link(house, "nora", email="nora.bell@rwp.example", email_verified=False)

    assert (answer.status_code, answer.json()["code"]) == (403, "address-not-verified")
    assert await house.published("identity-linked") == []


async def test_an_issuer_that_is_not_trusted_for_the_domain(house: House) -> None:
    await house.guest(email="nora.bell@rwp.example")
    house.settings.trusted_issuers[:] = [house.issuer.trusted("nhs.example")]

    answer = await link(house, "nora", email="nora.bell@rwp.example")

    assert (answer.status_code, answer.json()["code"]) == (403, "issuer-not-trusted-for-domain")
    assert "rwp.example" in answer.json()["detail"]
    assert await house.published("identity-linked") == []


async def test_an_issuer_that_is_trusted_for_exactly_that_domain(house: House) -> None:
    await house.guest(email="nora.bell@rwp.example")
    house.settings.trusted_issuers[:] = [house.issuer.trusted("RWP.example")]

    assert (await link(house, "nora", email="nora.bell@rwp.example")).status_code == 200


async def test_a_person_who_is_linked_is_not_linked_to_another_sign_in(house: House) -> None:
    await house.guest(email="nora.bell@rwp.example")
    await link(house, "nora", email="nora.bell@rwp.example")

    answer = await link(house, "another", email="nora.bell@rwp.example")

    assert (answer.status_code, answer.json()["code"]) == (409, "already-linked")
    assert len(await house.published("identity-linked")) == 1


async def test_a_sign_in_that_is_linked_is_not_linked_to_another_person(house: House) -> None:
    await house.guest(email="nora.bell@rwp.example")
    await house.guest(email="other@rwp.example")
    await link(house, "nora", email="nora.bell@rwp.example")

    before_it_arrived = await link(house, "nora", email="other@rwp.example")
    await house.settle()
    after = await link(house, "nora", email="other@rwp.example")

    assert [answer.json()["code"] for answer in (before_it_arrived, after)] == ["already-linked"] * 2
    assert len(await house.published("identity-linked")) == 1


async def test_the_same_request_twice_links_once(house: House) -> None:
    await house.guest(email="nora.bell@rwp.example")
    headers = house.issuer.bearer("nora", email="nora.bell@rwp.example") | {"Idempotency-Key": "link-1"}

    first = await house.http.post("/api/v1/me/link", headers=headers)
    second = await house.http.post("/api/v1/me/link", headers=headers)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert len(await house.published("identity-linked")) == 1


async def test_whoever_lost_the_answer_gets_it_again_with_the_same_key(house: House) -> None:
    await house.guest(email="nora.bell@rwp.example")
    headers = house.issuer.bearer("nora", email="nora.bell@rwp.example") | {"Idempotency-Key": "once"}
    first = await house.http.post("/api/v1/me/link", headers=headers)
    await house.settle()

    again = await house.http.post("/api/v1/me/link", headers=headers)
    anew = await house.http.post("/api/v1/me/link", headers=headers | {"Idempotency-Key": "another"})

    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert (anew.status_code, anew.json()["code"]) == (409, "already-linked")
    assert len(await house.published("identity-linked")) == 1
