"""A signal about a person goes to a partner only while that person consents to it, judged when it goes."""

from typing import Any
from uuid import UUID

from notifications_house import House, a_registration, published
from notifications_partner import ask, items, made
from notifications_webhooks import deliveries, path, request, running_receiver, send, states, subscribed

from events_contracts import EventPublished, RegistrationConfirmed
from guildhall_kit import proof
from membership_contracts import AgreementMade, ConsentGiven, ConsentWithdrawn, MembershipStarted
from notifications_service.webhooks import judging, store
from servicekit import clock
from servicekit.ids import new_id

REGISTERED = RegistrationConfirmed.type
FIELDS = {REGISTERED: ["person_id", "event_id", "status"], EventPublished.type: ["title"]}


async def agreed(house: House, **given: Any) -> AgreementMade:
    return await made(house, FIELDS, **({"consent_needed": [REGISTERED]} | given))


async def consent(house: House, agreement: AgreementMade, person_id: UUID, *, version: int = 1) -> None:
    await house.hear(
        ConsentGiven(
            version=version, person_id=person_id, agreement_id=agreement.agreement_id, given=True, at=clock.now()
        )
    )


async def withdraw(house: House, agreement: AgreementMade, person_id: UUID, *, version: int = 2) -> None:
    await house.hear(
        ConsentWithdrawn(
            version=version, person_id=person_id, agreement_id=agreement.agreement_id, given=False, at=clock.now()
        )
    )


async def registered(house: House, person_id: UUID) -> UUID:
    return await house.hear(a_registration(RegistrationConfirmed, published(), person_id))


async def test_only_who_consents_is_told_of_and_nobody_can_count_the_others(house: House) -> None:
    agreement, other = await agreed(house), await agreed(house)
    consenting, silent, elsewhere = [await house.person() for _ in range(3)]
    await consent(house, agreement, consenting)
    await consent(house, other, elsewhere)

    for person in (silent, consenting, elsewhere):
        await registered(house, person)

    (item,) = await items(house, agreement)
    assert (item["position"], item["data"]["person_id"]) == (1, str(consenting))
    assert set(item["data"]) == {"person_id", "event_id", "status"}
    assert item["sha256"] == proof(item["data"], salt=item["salt"])
    assert len(item["salt"]) == 32


async def test_an_agreement_that_does_not_say_so_gives_nothing_about_persons_even_with_consent(house: House) -> None:
    agreement = await agreed(house, consent_needed=[])
    person = await house.person()
    await consent(house, agreement, person)
    await registered(house, person)

    assert await items(house, agreement) == []


async def test_who_withdraws_before_it_is_sent_is_not_told_of(house: House) -> None:
    agreement, person = await agreed(house), await house.person()
    await consent(house, agreement, person)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await registered(house, person)
        queued = await states(house, subscription)
        await withdraw(house, agreement, person)
        await send(house)

    assert (queued, receiver.received) == (["queued"], [])
    assert await states(house, subscription) == ["withheld"]


async def test_judged_when_it_was_queued_it_would_have_been_sent(house: House) -> None:
    """The wrong variant: what was allowed when it was queued goes out later."""
    agreement, person = await agreed(house), await house.person()
    await consent(house, agreement, person)
    async with running_receiver(house) as receiver:
        await subscribed(house, agreement, receiver.url)
        await registered(house, person)
        async with house.worker.transaction() as conn:
            (early,) = await store.claim(conn, claim=new_id(), busy={}, slots=4, limit=9, now=clock.now())
        when_queued = judging.body(early, today=clock.today())
        await withdraw(house, agreement, person)

    assert when_queued is not None
    assert str(person).encode() in when_queued


async def test_what_was_taken_back_keeps_its_place_and_leaves_nothing_behind(house: House) -> None:
    agreement, person, other = await agreed(house), await house.person(), await house.person()
    for somebody in (person, other):
        await consent(house, agreement, somebody)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        for somebody in (person, other):
            await registered(house, somebody)
        await send(house)
        before = await items(house, agreement)
        await withdraw(house, agreement, person)
        async with house.worker.reading() as conn:
            rows = await conn.fetch("SELECT stream_items::text AS text FROM stream_items ORDER BY position")
            rest = await conn.fetch("SELECT webhook_deliveries::text || webhook_attempts::text AS text"
                                    "  FROM webhook_deliveries JOIN webhook_attempts ON delivery_id = id")  # fmt: skip

    first, second = await items(house, agreement)
    logged = [one["signal"] for one in await deliveries(house, subscription)][::-1]
    assert first == before[0] | {"data": {}, "salt": "", "whole": False}
    assert second == before[1]
    assert logged == [first, second]
    assert [str(person) in row["text"] for row in [*rows, *rest]] == [False] * 4


async def test_consent_given_again_does_not_bring_back_what_was_taken_back(house: House) -> None:
    agreement, person = await agreed(house), await house.person()
    await consent(house, agreement, person)
    await registered(house, person)
    await withdraw(house, agreement, person)
    await consent(house, agreement, person, version=3)
    await registered(house, person)

    assert [item["whole"] for item in await items(house, agreement)] == [False, True]


async def test_an_older_word_that_arrives_late_changes_nothing(house: House) -> None:
    agreement, person = await agreed(house), await house.person()
    await withdraw(house, agreement, person, version=2)
    await consent(house, agreement, person, version=1)
    await registered(house, person)

    assert await items(house, agreement) == []


async def test_a_replay_is_judged_anew(house: House) -> None:
    agreement, person = await agreed(house), await house.person()
    await consent(house, agreement, person)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await registered(house, person)
        await send(house)
        await withdraw(house, agreement, person)
        await request(house, "POST", path(subscription, "/replay"), json={"positions": [1, 1]})
        await send(house)

    assert len(receiver.received) == 1
    assert await states(house, subscription) == ["withheld"]


async def test_filters_see_the_sector_and_employer_that_the_signal_itself_tells(house: House) -> None:
    started = MembershipStarted.type
    agreement = await made(house, {started: ["network_id", "sector"]}, consent_needed=[started])
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url, sectors=["ambulance"], organisations=["RX9"])
        for sector, employer in (("ambulance", "RX9"), ("ambulance", "RX8"), ("acute", "RX9")):
            person = await house.person()
            await consent(house, agreement, person)
            membership = {
                "version": 1,
                "membership_id": new_id(),
                "person_id": person,
                "network_id": new_id(),
                "main": True,
                "since": clock.today(),
                "described_from": clock.today(),
                "sector": sector,
                "organisation": employer,
            }
            await house.hear(MembershipStarted.model_validate(membership))
        await send(house)

    assert len(await items(house, agreement)) == 3
    assert [one["position"] for one in await deliveries(house, subscription)] == [1]


async def test_the_stream_itself_asks_for_consent_at_each_reading(house: House) -> None:
    """Even where what was withdrawn has not been taken back yet."""
    agreement, person = await agreed(house), await house.person()
    await consent(house, agreement, person)
    await registered(house, person)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE consents SET given = false")

    answer = await ask(house, agreement)

    (item,) = answer.json()["items"]
    assert (item["data"], item["whole"], str(person) in answer.text) == ({}, False, False)
