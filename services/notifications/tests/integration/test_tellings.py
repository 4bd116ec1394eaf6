"""Registrants are told what became of their registration, each once, by every channel."""

from datetime import timedelta

from notifications_house import House, a_registration, address_of, cancelled, changed, published

from events_contracts import (
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from servicekit import clock
from servicekit.testing import signals_published

TOLD = "guildhall.notifications.notification-told.v1"


async def test_each_kind_of_registration_is_told_once_by_each_channel(house: House) -> None:
    person = await house.person()
    event = published()
    await house.hear(event)
    kinds = (RegistrationConfirmed, RegistrationPromoted, RegistrationCancelled)

    causes = [str(await house.hear(a_registration(kind, event, person))) for kind in kinds]
    waiting = a_registration(RegistrationWaitlisted, event, person, place_in_line=3)
    causes.append(str(await house.hear(waiting)))

    rows = await house.rows()
    assert {(row["cause"], row["channel"], row["state"]) for row in rows} == {
        (cause, channel, state) for cause in causes for channel, state in (("in-app", "shown"), ("email", "queued"))
    }
    assert {row["kind"]: row["place_in_line"] for row in rows} == {
        "registration-confirmed": None,
        "registration-promoted": None,
        "registration-cancelled": None,
        "registration-waitlisted": 3,
    }


async def test_what_is_shown_is_published_and_what_is_queued_is_not_yet(house: House) -> None:
    person = await house.person()
    event = published()
    await house.hear(event)

    cause = await house.hear(a_registration(RegistrationConfirmed, event, person))

    async with house.worker.reading() as conn:
        told = await signals_published(conn, TOLD)
    (shown,) = await house.rows(channel="in-app")
    assert [(one["notification_id"], one["channel"], one["cause"], one["kind"]) for one in told] == [
        (str(shown["id"]), "in-app", str(cause), "registration-confirmed")
    ]
    assert (told[0]["person_id"], told[0]["event_id"]) == (str(person), str(event.event_id))


async def test_a_redelivered_signal_is_told_once(house: House) -> None:
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, await house.person()))

    await house.arrive(house.log[-1])

    assert len(await house.rows()) == 2


async def test_a_topic_replayed_from_zero_tells_nobody_again_and_nobody_else(house: House) -> None:
    early = await house.person()
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, early))
    await house.hear(changed(event, ["venue"], venue="Room 2"))
    late = await house.person()
    await house.hear(a_registration(RegistrationConfirmed, event, late))
    await house.announce_all()
    before = await house.rows()

    async with house.worker.transaction() as conn:
        await conn.execute("DELETE FROM servicekit.inbox")
    await house.arrive(*house.log)
    await house.announce_all()

    assert await house.rows() == before
    assert {row["person_id"] for row in before if row["kind"] == "event-changed"} == {early}
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.parked") == 0


async def test_a_change_is_told_to_all_who_have_a_place_or_wait(house: House) -> None:
    confirmed, waiting, gone, stranger = [await house.person() for _ in range(4)]
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, confirmed))
    await house.hear(a_registration(RegistrationWaitlisted, event, waiting, place_in_line=1))
    left = a_registration(RegistrationConfirmed, event, gone)
    await house.hear(left)
    await house.hear(
        a_registration(RegistrationCancelled, event, gone, registration_id=left.registration_id, version=2)
    )

    await house.hear(changed(event, ["venue"], venue="Leeds Civic Hall, Room 2"))

    told = {row["person_id"] for row in await house.rows(kind="event-changed")}
    assert told == {confirmed, waiting}
    assert stranger not in told


async def test_a_change_that_is_nobodys_news_is_told_to_nobody(house: House) -> None:
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, await house.person()))

    await house.hear(changed(event, ["capacity"], revision=event.revision, capacity=500))

    assert await house.rows(kind="event-changed") == []


async def test_a_change_whose_predecessor_never_arrived_is_told_where_attendees_must_know(house: House) -> None:
    event = published()
    await house.hear(a_registration(RegistrationConfirmed, event, await house.person()))

    await house.hear(changed(event, ["capacity"], capacity=500))
    of_no_concern = await house.rows(kind="event-changed")
    moved = published()
    await house.hear(a_registration(RegistrationConfirmed, moved, await house.person()))
    await house.hear(changed(moved, ["venue"], venue="Room 2"))

    assert of_no_concern == []
    assert len(await house.rows(kind="event-changed", channel="in-app")) == 1


async def test_a_cancelled_event_is_told_to_all_who_have_a_place_or_wait(house: House) -> None:
    confirmed, waiting = await house.person(), await house.person()
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, confirmed))
    await house.hear(a_registration(RegistrationWaitlisted, event, waiting, place_in_line=1))

    await house.hear(cancelled(event))

    assert {row["person_id"] for row in await house.rows(kind="event-cancelled")} == {confirmed, waiting}


async def test_a_cause_from_before_the_start_is_written_down_and_told_to_nobody(house: House) -> None:
    house.tell_from = clock.now()
    person = await house.person()
    event = published()
    long_ago = clock.now() - timedelta(days=30)
    await house.hear(event, time=long_ago)
    await house.hear(a_registration(RegistrationConfirmed, event, person), time=long_ago)
    await house.hear(changed(event, ["venue"], venue="Room 2"), time=long_ago)

    await house.announce_all()
    await house.send_all()

    rows = await house.rows()
    assert {(row["kind"], row["channel"], row["state"], row["position"]) for row in rows} == {
        (kind, channel, "before-start", None)
        for kind in ("registration-confirmed", "event-changed")
        for channel in ("in-app", "email")
    }
    assert house.mail.accepted == []
    async with house.worker.reading() as conn:
        assert await signals_published(conn, TOLD) == []
        assert await conn.fetchval("SELECT state FROM announcements") == "before-start"


async def test_a_registration_whose_event_has_not_arrived_is_shown_and_mailed_once_it_has(house: House) -> None:
    person = await house.person()
    event = published()
    await house.hear(a_registration(RegistrationConfirmed, event, person))
    await house.send_all()
    mailed_before = list(house.mail.accepted)

    await house.hear(event)
    await house.send_all()

    assert mailed_before == []
    assert [mail.subject for mail in house.mail.to(address_of(person))] == [
        "You have a place: Summit of operational managers"
    ]
    assert len(await house.rows(channel="in-app")) == 1
