"""Mails go out by real SMTP, each once, and what the server says decides what becomes of them."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from notifications_house import House, a_registration, address_of, cancelled, changed, published

from events_contracts import (
    EventPublished,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from events_contracts.registrations import RegistrationState
from notifications_service.mail.store import queue
from servicekit import clock
from servicekit.testing import signals_published

TOLD = "guildhall.notifications.notification-told.v1"


async def registered(
    house: House, kind: type[RegistrationState] = RegistrationConfirmed
) -> tuple[EventPublished, UUID]:
    person = await house.person()
    event = published()
    await house.hear(event)
    await house.hear(a_registration(kind, event, person))
    return event, person


async def the_mail(house: House) -> dict[str, object]:
    (row,) = await house.rows(channel="email")
    return row


async def told_by_mail(house: House) -> list[dict[str, object]]:
    async with house.worker.reading() as conn:
        return [told for told in await signals_published(conn, TOLD) if told["channel"] == "email"]


async def test_a_mail_arrives_as_html_with_a_plain_twin_and_is_told(house: House) -> None:
    _, person = await registered(house)

    await house.send_all()

    (mail,) = house.mail.to(address_of(person))
    row = await the_mail(house)
    assert mail.subject == "You have a place: Summit of operational managers"
    for kind in ("html", "plain"):
        assert "Dear Asha Patel," in mail.part(kind)
        assert "7KXQ4TPM" in mail.part(kind)
        assert "Leeds Civic Hall, Room 1" in mail.part(kind)
    assert mail.message_id == row["message_id"]
    assert re.fullmatch(rf"<{row['id']}\.[0-9a-f]{{12}}@guildhall\.example>", mail.message_id)
    assert (row["state"], row["attempts"]) == ("sent", 0)
    assert [told["notification_id"] for told in await told_by_mail(house)] == [str(row["id"])]


async def test_each_recipient_gets_a_mail_of_their_own(house: House) -> None:
    people = [await house.person() for _ in range(20)]
    event = published()
    await house.hear(event)
    for person in people:
        await house.hear(a_registration(RegistrationConfirmed, event, person))

    await house.send_all()

    assert sorted(mail.to for mail in house.mail.accepted) == sorted(address_of(person) for person in people)
    assert all(mail.mail["To"] == mail.to for mail in house.mail.accepted)
    assert house.mail.connections == 1


async def test_a_change_tells_what_was_and_what_is(house: House) -> None:
    event, person = await registered(house)
    await house.hear(changed(event, ["venue"], venue="Leeds Civic Hall, Room 2"))

    await house.send_all()

    confirmed, change = sorted(house.mail.to(address_of(person)), key=lambda mail: mail.subject, reverse=True)
    assert "Leeds Civic Hall, Room 1" in confirmed.part("plain")
    assert change.subject == "Changed: Summit of operational managers"
    for words in ("Leeds Civic Hall, Room 2", "Leeds Civic Hall, Room 1"):
        assert words in change.part("plain")
        assert words in change.part("html")


async def test_a_server_that_refuses_for_now_is_asked_again_later(house: House) -> None:
    _, person = await registered(house)
    house.mail.refusals[address_of(person)] = ["RCPT 450 4.2.1 mailbox busy", "DATA 451 4.3.0 try later"]

    await house.send_all()
    first = await the_mail(house)
    clock.move(timedelta(seconds=31))
    try:
        await house.send_all()
        second = await the_mail(house)
        clock.move(timedelta(seconds=61))
        await house.send_all()
    finally:
        clock.move(-timedelta(seconds=92))

    assert (first["state"], first["attempts"], first["failure"]) == ("queued", 1, "RCPT 450")
    assert (second["state"], second["attempts"], second["failure"]) == ("queued", 2, "DATA 451")
    last = await the_mail(house)
    assert (last["state"], last["attempts"], last["failure"]) == ("sent", 2, None)
    assert len(house.mail.to(address_of(person))) == 1


@pytest.mark.parametrize("answer", ["RCPT 550 5.1.1 no such mailbox", "DATA 554 5.7.1 not wanted"])
async def test_a_server_that_refuses_for_good_is_not_asked_again(house: House, answer: str) -> None:
    _, person = await registered(house)
    house.mail.refusals[address_of(person)] = [answer]

    await house.send_all()
    await house.send_all()

    row = await the_mail(house)
    assert (row["state"], row["failure"]) == ("failed", answer[:14])
    assert house.mail.accepted == []
    assert await told_by_mail(house) == []


async def test_one_refusal_keeps_nobody_else_waiting(house: House) -> None:
    people = [await house.person() for _ in range(5)]
    event = published()
    await house.hear(event)
    for person in people:
        await house.hear(a_registration(RegistrationConfirmed, event, person))
    house.mail.refusals[address_of(people[1])] = ["RCPT 550 no"]
    house.mail.refusals[address_of(people[2])] = ["DATA 451 later"]
    house.mail.refusals[address_of(people[3])] = ["DATA drop"]

    await house.send_all()

    assert {mail.to for mail in house.mail.accepted} == {address_of(people[0]), address_of(people[4])}
    states = {row["person_id"]: row["state"] for row in await house.rows(channel="email")}
    assert [states[person] for person in people] == ["sent", "failed", "queued", "unknown", "sent"]


@pytest.mark.parametrize("title", ["Summit\r\nBcc: everybody@example.org", "=?utf-8?q?Summit=0ABcc:_x@example.org?="])
async def test_a_title_that_would_be_another_header_is_not_mailed(house: House, title: str) -> None:
    person = await house.person()
    event = published(title=title)
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, person))
    _, other = await registered(house)

    await house.send_all()

    refused = await house.rows(channel="email", person_id=person)
    assert [(row["state"], row["failure"]) for row in refused] == [("failed", "unsafe-header")]
    assert [mail.to for mail in house.mail.accepted] == [address_of(other)]


async def test_an_address_that_reads_as_another_is_not_mailed(house: House) -> None:
    person = await house.person(address="asha@nhs.net <everybody@evil.example>")
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, person))

    await house.send_all()

    row = await the_mail(house)
    assert (row["state"], row["failure"]) == ("failed", "bad-address")
    assert house.mail.accepted == []


async def test_a_mail_without_an_address_waits_for_it_and_then_goes(house: House) -> None:
    person = await house.person(address="")
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, person))
    await house.send_all()
    waiting = await the_mail(house)

    await house.profile(person, "late@example.org")
    arrived = await the_mail(house)
    await house.look()
    await house.send_all()

    assert (waiting["state"], arrived["state"]) == ("waiting-for-address", "waiting-for-address")
    assert (await the_mail(house))["state"] == "sent"
    assert len(house.mail.to("late@example.org")) == 1


async def test_a_mail_whose_recipient_left_meanwhile_waits_too(house: House) -> None:
    _, person = await registered(house)
    await house.profile_gone(person)

    await house.send_all()

    assert (await the_mail(house))["state"] == "waiting-for-address"
    assert house.mail.accepted == []


async def test_whoever_has_no_address_for_four_hours_raises_an_alarm(house: House) -> None:
    person = await house.person(address="")
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, person))

    async with house.worker.reading() as conn:
        soon = await queue(conn, overdue_since=clock.now() - timedelta(hours=4))
        later = await queue(conn, overdue_since=clock.now() + timedelta(seconds=1))

    assert (soon.waiting_for_address, soon.overdue) == (1, 0)
    assert (later.waiting_for_address, later.overdue) == (1, 1)


async def test_a_promotion_goes_before_everything_that_waits(house: House) -> None:
    waiting = await house.person()
    for _ in range(10):
        await house.person()
    event = published()
    await house.hear(event)
    await house.announce_all()
    queued = a_registration(RegistrationWaitlisted, event, waiting, place_in_line=1)
    await house.hear(queued)
    promoted = a_registration(RegistrationPromoted, event, waiting, registration_id=queued.registration_id, version=2)
    await house.hear(promoted)

    await house.send_all()

    kinds = [mail.mail["X-Guildhall-Kind"] for mail in house.mail.accepted]
    assert kinds == ["registration-promoted", "registration-waitlisted", *["event-announced"] * 11]


async def test_every_kind_is_mailed(house: House) -> None:
    event, person = await registered(house)
    await house.announce_all()
    for kind in (RegistrationPromoted, RegistrationCancelled):
        await house.hear(a_registration(kind, event, person))
    waiting = a_registration(RegistrationWaitlisted, event, await house.person(), place_in_line=1)
    await house.hear(waiting)
    await house.hear(changed(event, ["venue"], venue="Room 2"))
    await house.hear(cancelled(event))

    await house.send_all()

    assert {mail.mail["X-Guildhall-Kind"] for mail in house.mail.accepted} == {
        "event-announced",
        "registration-confirmed",
        "registration-promoted",
        "registration-cancelled",
        "registration-waitlisted",
        "event-changed",
        "event-cancelled",
    }
    assert {row["state"] for row in await house.rows(channel="email")} == {"sent"}


async def test_a_server_that_is_away_costs_no_attempt(house: House) -> None:
    await registered(house)
    postman = house.postman()
    postman.carrier.port = 1

    done = await postman.round()

    row = await the_mail(house)
    assert (done.claimed, done.reached) == (1, False)
    assert (row["state"], row["attempts"]) == ("queued", 0)
    await house.send_all()
    assert (await the_mail(house))["state"] == "sent"


async def test_a_connection_that_the_server_closed_meanwhile_is_opened_anew(house: House) -> None:
    _, first = await registered(house)
    postman = house.postman()
    await postman.round()
    await house.mail.hang_up()
    _, second = await registered(house)

    await postman.round()
    await postman.carrier.close()

    assert [mail.to for mail in house.mail.accepted] == [address_of(first), address_of(second)]
    assert house.mail.connections == 2
