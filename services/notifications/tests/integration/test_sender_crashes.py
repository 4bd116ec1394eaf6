"""Wherever a sender dies: nothing is lost silently, what must be known goes once more at most, the rest never twice."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest
from notifications_house import House, a_registration, address_of, cancelled, changed, network_id, published

from events_contracts import (
    EventPublished,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from notifications_service.mail import store
from notifications_service.tellings.model import Kind
from servicekit.testing import eventually, signals_published

GOES_ONCE_MORE = {"registration-promoted", "registration-cancelled", "event-changed", "event-cancelled"}
GATHERINGS = (
    Kind.EVENT_ANNOUNCED,
    Kind.REGISTRATION_CONFIRMED,
    Kind.REGISTRATION_WAITLISTED,
    Kind.REGISTRATION_PROMOTED,
    Kind.REGISTRATION_CANCELLED,
    Kind.EVENT_CHANGED,
    Kind.EVENT_CANCELLED,
)
CRASH_POINTS = (
    "before the claim",
    "after the claim",
    "after some were accepted",
    "after all were accepted",
    "after all was settled",
)
SENDER = 4711


@asynccontextmanager
async def alive(house: House, sender: int) -> AsyncIterator[None]:
    """A process that holds this number; at the end of the block it dies, as the database sees it."""
    conn = await asyncpg.connect(house.database.worker)
    assert await store.hold_numbers(conn, [sender])
    try:
        yield
    finally:
        conn.terminate()
        await eventually(lambda: _number_is_free(house, sender))


async def _number_is_free(house: House, sender: int) -> bool:
    async with house.worker.pool.acquire() as conn:
        return await store.hold_numbers(conn, [sender])


async def one_mail_of_each_kind(house: House) -> dict[str, UUID]:
    """Kind to the person whom it is for; nobody gets two."""
    people = {kind.value: await house.person("national.london") for kind in GATHERINGS}
    audience = "national.midlands.rwp"
    people["event-announced"] = await house.person(audience)
    announced = published(rule={"networks": [network_id(audience)]})
    await house.hear(announced)
    await house.announce_all()
    for kind, signal in (
        ("registration-confirmed", RegistrationConfirmed),
        ("registration-promoted", RegistrationPromoted),
        ("registration-cancelled", RegistrationCancelled),
    ):
        await house.hear(a_registration(signal, announced, people[kind]))
    await house.hear(
        a_registration(RegistrationWaitlisted, announced, people["registration-waitlisted"], place_in_line=1)
    )
    await _only_this(house, people["event-changed"], "event-changed")
    await _only_this(house, people["event-cancelled"], "event-cancelled")
    return people


async def _only_this(house: House, person: UUID, kind: str) -> None:
    """Somebody who is told of a change or a cancellation, and was told of the place long ago."""
    event: EventPublished = published(rule={"networks": []})
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, person))
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE notifications SET state = 'sent' WHERE person_id = $1 AND channel = 'email'", person)
    await house.hear(changed(event, ["venue"], venue="Room 2") if kind == "event-changed" else cancelled(event))


async def work_until(house: House, crash_point: str) -> None:
    """A sender that comes as far as this, and dies."""
    async with alive(house, SENDER):
        postman = house.postman(sender=SENDER)
        if crash_point == "before the claim":
            return
        due = await postman.claim(limit=100)
        if crash_point == "after the claim":
            return
        if crash_point == "after some were accepted":
            await postman.hand_over(due[: len(due) // 2])
            return
        handled = await postman.hand_over(due)
        if crash_point == "after all was settled":
            await postman.settle(handled)
        await postman.carrier.close()


@pytest.mark.parametrize("crash_point", CRASH_POINTS)
async def test_a_mail_is_never_lost_silently_and_never_doubled_but_where_that_is_better(
    house: House, crash_point: str
) -> None:
    people = await one_mail_of_each_kind(house)
    await work_until(house, crash_point)
    handed_over = Counter(mail.to for mail in house.mail.accepted)

    await house.look()
    async with alive(house, SENDER + 1):
        await house.send_all(sender=SENDER + 1)

    in_doubt = crash_point not in {"before the claim", "after all was settled"}
    for kind, person in people.items():
        mails = house.mail.to(address_of(person))
        before = handed_over[address_of(person)]
        if not in_doubt:
            assert len(mails) == 1, kind
        elif kind in GOES_ONCE_MORE:
            assert len(mails) == before + 1, kind
        else:
            assert len(mails) == before, kind
        assert len({mail.message_id for mail in mails}) <= 1
        (row,) = await house.rows(channel="email", person_id=person, kind=kind)
        assert row["state"] == ("unknown" if in_doubt and kind not in GOES_ONCE_MORE else "sent"), kind


async def test_what_is_told_is_published_once_although_the_mail_went_twice(house: House) -> None:
    people = await one_mail_of_each_kind(house)
    await work_until(house, "after all were accepted")
    await house.look()
    await house.send_all(sender=SENDER + 1)

    async with house.worker.reading() as conn:
        told = await signals_published(conn, "guildhall.notifications.notification-told.v1")

    assert Counter(one["kind"] for one in told if one["channel"] == "email") == Counter(GOES_ONCE_MORE)
    assert len(house.mail.to(address_of(people["registration-promoted"]))) == 2


async def test_a_second_crash_ends_it(house: House) -> None:
    people = await one_mail_of_each_kind(house)
    await work_until(house, "after all were accepted")
    await house.look()
    await work_until(house, "after all were accepted")

    await house.look()
    await house.send_all(sender=SENDER + 1)

    assert len(house.mail.to(address_of(people["registration-promoted"]))) == 2
    assert {row["state"] for row in await house.rows(channel="email", kind="registration-promoted")} == {"unknown"}


async def test_what_the_living_have_in_hand_is_left_alone(house: House) -> None:
    await one_mail_of_each_kind(house)
    async with alive(house, SENDER):
        postman = house.postman(sender=SENDER)
        due = await postman.claim(limit=100)

        await house.look()
        await house.send_all(sender=SENDER + 1)
        others = list(house.mail.accepted)
        await postman.settle(await postman.hand_over(due))
        await postman.carrier.close()

    assert others == []
    assert {row["state"] for row in await house.rows(channel="email")} == {"sent"}


async def test_a_sender_that_was_thought_dead_still_says_what_it_knows(house: House) -> None:
    people = await one_mail_of_each_kind(house)
    postman = house.postman(sender=SENDER)
    due = await postman.claim(limit=100)
    await house.look()

    await postman.settle(await postman.hand_over(due))
    await postman.carrier.close()

    states = {
        row["kind"]: row["state"] for row in await house.rows(channel="email", person_id=people["event-announced"])
    }
    assert states == {"event-announced": "sent"}


async def test_a_claim_whose_commit_was_not_heard_of_is_taken_back(house: House) -> None:
    await one_mail_of_each_kind(house)
    async with alive(house, SENDER):
        postman = house.postman(sender=SENDER)
        await postman.claim(limit=100)
        postman._claim_in_doubt = True

        while (await postman.round()).claimed:
            pass
        await postman.carrier.close()

    assert {row["state"] for row in await house.rows(channel="email")} == {"sent"}
    assert set(Counter(mail.to for mail in house.mail.accepted).values()) == {1}


async def test_an_answer_that_never_came_is_a_doubt_as_well(house: House) -> None:
    people = await one_mail_of_each_kind(house)
    for kind in ("registration-confirmed", "registration-promoted"):
        house.mail.refusals[address_of(people[kind])] = ["DATA drop-accepted"]

    await house.send_all()

    states = {
        kind: [row["state"] for row in await house.rows(channel="email", person_id=people[kind])]
        for kind in ("registration-confirmed", "registration-promoted")
    }
    assert states == {"registration-confirmed": ["unknown"], "registration-promoted": ["sent"]}
    assert len(house.mail.to(address_of(people["registration-confirmed"]))) == 1
    first, second = house.mail.to(address_of(people["registration-promoted"]))
    assert first.message_id == second.message_id
