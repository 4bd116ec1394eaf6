"""Invitations: a secret shown once, good once, for a while, for its own address, until it is taken back."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from joiners import accept, address_of, ask, invite, memberships_of, newcomer, set_policy
from membership_house import House, Scope
from people_files import count

from membership_service.invitations import store
from membership_service.invitations.model import InvitationUnknown, secret_hash
from membership_service.networks.model import network_id
from servicekit import clock


async def test_an_invitation_admits_whatever_the_policy_says(house: House) -> None:
    lead = await house.lead("RWP")
    await set_policy(house, lead, "RWP", "by-invitation")
    made = await invite(house, lead, "RWP")

    answer = await accept(house, newcomer(house), made["secret"], job_role="service-manager")

    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["state"], shown["way"], shown["decided_by"]) == ("approved", "invitation", str(lead.person_id))
    assert await memberships_of(house, newcomer(house)) == ["national.midlands.rwp"]
    [decided] = await house.published("join-decided")
    assert (decided["data"]["by"], decided["data"]["decided_by"]) == ("invitation", str(lead.person_id))


async def test_the_secret_is_shown_once_and_kept_nowhere(house: House) -> None:
    lead = await house.lead("RWP")
    headers = lead.bearer | {"Idempotency-Key": "invite-1"}

    made = await house.http.post(f"{address_of('RWP')}/invitations", headers=headers, json={})
    again = await house.http.post(f"{address_of('RWP')}/invitations", headers=headers, json={})
    listed = await house.http.get(f"{address_of('RWP')}/invitations", headers=lead.bearer)

    secret = made.json()["secret"]
    assert len(secret) >= 43
    assert again.json() == made.json() | {"secret": None}, "one invitation, and its secret is gone"
    assert [one["id"] for one in listed.json()["items"]] == [made.json()["id"]]
    assert secret not in listed.text
    async with house.worker.reading() as conn:
        held = await conn.fetch(
            "SELECT t::text FROM invitations t UNION ALL SELECT encode(body, 'escape') FROM servicekit.idempotency_keys"
        )
    assert held
    assert [row[0] for row in held if secret in row[0]] == []


async def test_an_invitation_is_good_once(house: House) -> None:
    made = await invite(house, await house.lead("RWP"), "RWP")
    await accept(house, newcomer(house, "nora"), made["secret"])
    await house.settle()

    same = await accept(house, newcomer(house, "nora"), made["secret"])
    other = await accept(house, newcomer(house, "omar"), made["secret"])

    assert [answer.json()["code"] for answer in (same, other)] == ["invitation-accepted"] * 2
    assert (other.status_code, len(await house.published("membership-started"))) == (409, 1)


async def test_of_two_at_once_one_is_let_in(house: House) -> None:
    made = await invite(house, await house.lead("RWP"), "RWP")

    answers = await asyncio.gather(
        *(accept(house, newcomer(house, name), made["secret"]) for name in ("ada", "ben", "cem"))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert len(await house.published("membership-started")) == 1
    assert await count(house, "people") == 2, "the lead and one of the three"


async def test_without_the_lock_an_invitation_would_be_good_more_than_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lets one of several in is that each waits for the row: taken away, all have read that it is open."""
    made, read = await invite(house, await house.lead("RWP"), "RWP"), asyncio.Barrier(3)

    async def not_locked(conn: Any, hashed: bytes) -> Any:
        await conn.execute("SELECT set_config('guildhall.presented', $1, true)", hashed.hex())
        found = await store.get(conn, UUID(made["id"]))
        await read.wait()
        return found

    monkeypatch.setattr(store, "lock_presented", not_locked)

    answers = await asyncio.gather(
        *(accept(house, newcomer(house, name), made["secret"]) for name in ("ada", "ben", "cem"))
    )

    assert [answer.status_code for answer in answers] == [201, 201, 201]


async def test_an_invitation_expires(house: House) -> None:
    made = await invite(house, await house.lead("RWP"), "RWP", days=1)
    clock.move(timedelta(days=1, seconds=1))
    try:
        answer = await accept(house, newcomer(house), made["secret"])
    finally:
        clock.move(-timedelta(days=1, seconds=1))

    assert (answer.status_code, answer.json()["code"]) == (410, "invitation-expired")
    assert await count(house, "join_requests") == 0


async def test_an_invitation_can_be_taken_back(house: House) -> None:
    lead = await house.lead("RWP")
    made = await invite(house, lead, "RWP")
    where = f"{address_of('RWP')}/invitations/{made['id']}/revoke"

    answer = await house.http.post(where, headers=lead.bearer)
    again = await house.http.post(where, headers=lead.bearer)
    late = await accept(house, newcomer(house), made["secret"])

    assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    assert [one.status_code for one in (again, late)] == [410, 410]
    assert late.json()["code"] == "invitation-revoked"
    assert await house.published("membership-started") == []


async def test_an_invitation_to_an_address_is_for_that_address(house: House) -> None:
    made = await invite(house, await house.lead("RWP"), "RWP", email="Nora.Bell@rwp.example")

    eve = await accept(house, newcomer(house, "eve"), made["secret"])
    unverified = await accept(house, newcomer(house, "nora", email_verified=False), made["secret"])
    nora = await accept(house, newcomer(house, "nora"), made["secret"])

    assert (eve.status_code, eve.json()["code"]) == (403, "invitation-for-somebody-else")
    assert "nora" not in eve.text.casefold()
    assert unverified.json()["code"] == "address-not-verified"
    assert nora.status_code == 201, nora.text


async def test_a_member_elsewhere_accepts_as_who_they_are(house: House) -> None:
    made = await invite(house, await house.lead("RWP"), "RWP")
    person, _ = await house.member("RJ1")
    ada = await house.sign_in(person)

    answer = await accept(house, ada.bearer, made["secret"])

    assert answer.json()["person_id"] == str(person.id)
    assert sorted(await memberships_of(house, ada.bearer)) == ["national.london.rj1", "national.midlands.rwp"]


async def test_whoever_waits_for_an_answer_is_let_in_by_an_invitation(house: House) -> None:
    lead = await house.lead("RWP")
    request = (await ask(house, newcomer(house), "RWP", reason="I run the theatres")).json()
    await house.settle()
    made = await invite(house, lead, "RWP")

    answer = await accept(house, newcomer(house), made["secret"])

    assert (answer.json()["id"], answer.json()["state"], answer.json()["way"]) == (
        request["id"],
        "approved",
        "invitation",
    )
    assert await count(house, "join_requests") == 1


async def test_a_member_of_the_network_keeps_the_invitation_unused(house: House) -> None:
    lead = await house.lead("RWP")
    made = await invite(house, lead, "RWP")
    ada = await house.sign_in((await house.member("RWP"))[0])

    answer = await accept(house, ada.bearer, made["secret"])

    assert (answer.status_code, answer.json()["code"]) == (409, "already-member")
    [shown] = (await house.http.get(f"{address_of('RWP')}/invitations", headers=lead.bearer)).json()["items"]
    assert shown["state"] == "open"


@pytest.mark.parametrize("secret", ["", "guess", "A" * 43, "A" * 101, "' OR 1=1 --                  "])
async def test_a_secret_that_is_none_is_unknown(house: House, secret: str) -> None:
    await invite(house, await house.lead("RWP"), "RWP")

    answer = await accept(house, newcomer(house), secret)

    assert (answer.status_code, answer.json()["code"]) == (404, "invitation-unknown")
    assert await count(house, "join_requests") == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"email": "info@rwp.example"}, "shared-mailbox"),
        ({"email": "nora@rwp.example\r\nBcc: eve@evil.example"}, "email-header-injection"),
        ({"email": "nora"}, "email-malformed"),
        ({"days": 0}, "invalid"),
        ({"days": 91}, "invalid"),
        ({"secret": "mine"}, "invalid"),
    ],
)
async def test_an_invitation_that_makes_no_sense_is_refused(house: House, body: dict[str, Any], code: str) -> None:
    lead = await house.lead("RWP")

    answer = await house.http.post(f"{address_of('RWP')}/invitations", headers=lead.bearer, json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await count(house, "invitations") == 0


async def test_only_its_own_leads_invite_see_and_take_back(house: House) -> None:
    lead, london = await house.lead("RWP"), await house.lead("Y56")
    regional, steward = await house.lead("Y60"), await house.lead("RWP", role="steward")
    made, where = await invite(house, lead, "RWP"), f"{address_of('RWP')}/invitations"

    for who, status in ((london, 404), (steward, 403)):
        answers = [
            await house.http.post(where, headers=who.bearer, json={}),
            await house.http.get(where, headers=who.bearer),
            await house.http.post(f"{where}/{made['id']}/revoke", headers=who.bearer),
        ]
        assert {answer.status_code for answer in answers} == {status}
    elsewhere = await house.http.post(f"{address_of('RXK')}/invitations/{made['id']}/revoke", headers=regional.bearer)
    assert elsewhere.status_code == 404, "found under its own network only"
    assert await count(house, "invitations") == 1


async def test_row_level_security_shows_an_invitation_to_its_bearer_alone(house: House) -> None:
    made = await invite(house, await house.lead("RWP"), "RWP")
    await invite(house, await house.lead("RJ1"), "RJ1")

    async with house.api.reading(Scope()) as conn:
        assert await conn.fetchval("SELECT count(*) FROM invitations") == 0
    async with house.api.transaction(Scope()) as conn:
        found = await store.lock_presented(conn, secret_hash(made["secret"]))
        assert str(found.id) == made["id"]
        assert await conn.fetchval("SELECT count(*) FROM invitations") == 1
    async with house.api.reading(Scope(scopes=["national.midlands"])) as conn:
        assert [row[0] for row in await conn.fetch("SELECT network_id FROM invitations")] == [network_id("RWP")]
    with pytest.raises(InvitationUnknown):
        async with house.api.transaction(Scope()) as conn:
            await store.lock_presented(conn, secret_hash("A" * 43))
