"""Whoever has a place is reminded once of the date as it is, and nobody of what has moved, begun or been cancelled."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from notifications_house import House, a_registration, cancelled, changed, network_id, published
from notifications_timers import fire, remind_all
from pydantic import ValidationError

from events_contracts import (
    EventPublished,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
    Rule,
)
from notifications_service.announcements import store as announcements
from notifications_service.consumers import NOTIFICATIONS
from notifications_service.reminders.model import Anchor
from notifications_service.settings import NotificationsSettings
from servicekit import clock
from servicekit.consumers.apply import Applier
from servicekit.contract import FACTS

LONG_BEFORE = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
STARTS = datetime(2027, 1, 14, 10, 0, tzinfo=UTC)
DUE = STARTS - timedelta(hours=24)
MOVED = {
    "starts": datetime.fromisoformat("2027-01-21T10:00"),
    "ends": datetime.fromisoformat("2027-01-21T16:00"),
    "starts_at": STARTS + timedelta(days=7),
    "ends_at": STARTS + timedelta(days=7, hours=6),
}


@pytest.fixture(autouse=True)
async def day_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is told in these tests is told long before the event, unless a test says otherwise."""
    at(monkeypatch, LONG_BEFORE)


def at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: instant)


async def an_event(house: House, *, time: datetime = LONG_BEFORE, **given: Any) -> EventPublished:
    """One that nobody is invited to: only those are told who have a place."""
    event = published(rule=Rule(networks=[network_id("national.midlands.rjc")]), **given)
    await house.hear(event, time=time)
    return event


async def with_a_place(house: House, event: EventPublished) -> UUID:
    person = await house.person("national.london")
    await house.hear(a_registration(RegistrationConfirmed, event, person))
    return person


async def reminded(house: House) -> list[tuple[UUID, str]]:
    rows = await house.rows(kind="event-reminder", channel="in-app")
    return sorted((row["person_id"], row["cause"]) for row in rows)


def cause_of(event: EventPublished, *, revision: int = 1, lead: str = "24h") -> str:
    return f"event:{event.event_id}:starts@{revision}:{lead}"


async def test_those_with_a_place_are_reminded_a_day_before_and_once(house: House) -> None:
    event = await an_event(house)
    people = [await with_a_place(house, event) for _ in range(3)]
    waiting = await house.person("national.london")
    await house.hear(a_registration(RegistrationWaitlisted, event, waiting, place_in_line=1))

    await remind_all(house, at=DUE - timedelta(seconds=1))
    before = await reminded(house)
    await remind_all(house, at=DUE)
    await remind_all(house, at=DUE + timedelta(hours=1))

    assert before == []
    assert await reminded(house) == sorted((person, cause_of(event)) for person in people)


async def test_the_mail_says_when_where_and_the_code(house: House) -> None:
    event = await an_event(house)
    person = await with_a_place(house, event)

    await remind_all(house, at=DUE)
    await house.send_all()

    (mail,) = [mail for mail in house.mail.accepted if mail.mail["X-Guildhall-Kind"] == "event-reminder"]
    assert mail.to == f"p{person.hex}@example.org"
    assert mail.subject == "Reminder: Summit of operational managers"
    assert "When: Thursday 14 January 2027, 10:00 to 16:00" in mail.part("plain")
    assert "Your registration code: 7KXQ4TPM" in mail.part("plain")
    assert mail.mail["X-Guildhall-Cause"] == cause_of(event)


async def test_when_the_date_moves_the_reminder_moves(house: House) -> None:
    event = await an_event(house)
    person = await with_a_place(house, event)
    await house.hear(changed(event, ["starts", "starts_at"], **MOVED), time=LONG_BEFORE)

    await remind_all(house, at=DUE)
    at_the_old_date = await reminded(house)
    await remind_all(house, at=DUE + timedelta(days=7))

    assert at_the_old_date == []
    assert await reminded(house) == [(person, cause_of(event, revision=2))]


@pytest.mark.parametrize(("is_anchored", "count"), [(True, 2), (False, 1)])
async def test_of_a_new_date_people_are_reminded_though_they_were_of_the_old_one(
    house: House, monkeypatch: pytest.MonkeyPatch, is_anchored: bool, count: int
) -> None:
    """Only because a reminder is named after the revision that set its date."""
    if not is_anchored:
        monkeypatch.setattr(Anchor, "cause", property(lambda anchor: f"event:{anchor.event_id}:starts@1:"))
    event = await an_event(house)
    person = await with_a_place(house, event)
    await remind_all(house, at=DUE)

    await house.hear(changed(event, ["starts", "starts_at"], **MOVED), time=DUE + timedelta(hours=1))
    for day in range(8):
        await remind_all(house, at=DUE + timedelta(days=day))

    both = sorted([(person, cause_of(event)), (person, cause_of(event, revision=2))])
    assert await reminded(house) == both[:count]


async def test_a_change_that_leaves_the_date_alone_reminds_nobody_again(house: House) -> None:
    event = await an_event(house)
    person = await with_a_place(house, event)
    await remind_all(house, at=DUE)

    await house.hear(changed(event, ["venue"], venue="Room 2"), time=DUE + timedelta(hours=1))
    await remind_all(house, at=DUE + timedelta(hours=2))

    assert await reminded(house) == [(person, cause_of(event))]


async def test_nobody_is_reminded_of_a_cancelled_event(house: House) -> None:
    event = await an_event(house)
    await with_a_place(house, event)

    await house.hear(cancelled(event), time=LONG_BEFORE)
    await remind_all(house, at=DUE)

    assert await reminded(house) == []


async def test_a_cancellation_that_arrives_after_the_timer_stops_the_reminder(house: House) -> None:
    """After an outage a timer may come due before what was sent meanwhile has been read."""
    event = await an_event(house)
    await with_a_place(house, event)
    await fire(house, at=DUE)

    await house.hear(cancelled(event), time=DUE - timedelta(hours=3))
    await remind_all(house, at=DUE + timedelta(seconds=1))

    assert await reminded(house) == []


async def test_a_move_that_arrives_after_the_timer_stops_the_reminder_of_the_old_date(house: House) -> None:
    event = await an_event(house)
    person = await with_a_place(house, event)
    await fire(house, at=DUE)

    await house.hear(changed(event, ["starts", "starts_at"], **MOVED), time=DUE - timedelta(hours=3))
    await remind_all(house, at=DUE + timedelta(seconds=1))
    await remind_all(house, at=DUE + timedelta(days=7))

    assert await reminded(house) == [(person, cause_of(event, revision=2))]


async def test_nobody_is_told_before_what_was_sent_on_registrations_has_arrived(house: House) -> None:
    event = await an_event(house)
    await with_a_place(house, event)
    await fire(house, at=DUE)

    class Behind:
        arrived = False

        async def mark(self) -> Mapping[Any, int]:
            return {}

        async def reached(self, _mark: Mapping[Any, int], /) -> bool:
            return self.arrived

    announcer = house.announcer()
    announcer.events = behind = Behind()
    while_behind = await announcer.round(now=DUE)
    behind.arrived = True
    afterwards = await announcer.round(now=DUE)

    assert (while_behind, afterwards) == (0, 1)


@pytest.mark.parametrize(("known", "count"), [(DUE - timedelta(minutes=1), 1), (DUE, 0), (DUE + timedelta(hours=9), 0)])
async def test_what_was_published_within_the_last_day_needs_no_reminder(
    house: House, known: datetime, count: int
) -> None:
    event = await an_event(house, time=known)
    await with_a_place(house, event)

    await remind_all(house, at=DUE + timedelta(hours=10))

    assert len(await reminded(house)) == count


async def test_whoever_is_promoted_after_the_reminder_is_told_of_the_place_instead(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await an_event(house)
    early, late = await with_a_place(house, event), await house.person("national.london")
    waiting = a_registration(RegistrationWaitlisted, event, late, place_in_line=1)
    await house.hear(waiting)
    await fire(house, at=DUE)

    at(monkeypatch, DUE + timedelta(seconds=1))
    promoted = a_registration(
        RegistrationPromoted, event, late, registration_id=waiting.registration_id, version=2, waited=True
    )
    await house.hear(promoted)
    await remind_all(house, at=DUE + timedelta(seconds=2))
    await remind_all(house, at=DUE + timedelta(hours=3))

    assert await reminded(house) == [(early, cause_of(event))]
    told = await house.rows(person_id=late, channel="email")
    assert {row["kind"] for row in told} == {"registration-waitlisted", "registration-promoted"}


async def test_after_a_long_absence_people_are_reminded_late_but_not_of_what_has_begun(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await an_event(house)
    person = await with_a_place(house, event)
    begun = await an_event(house, starts_at=STARTS - timedelta(hours=20))
    await with_a_place(house, begun)

    at(monkeypatch, STARTS - timedelta(hours=19))
    await remind_all(house, at=clock.now())

    assert await reminded(house) == [(person, cause_of(event))]


async def test_what_came_due_before_the_start_of_this_deployment_is_told_to_nobody(house: House) -> None:
    event = await an_event(house)
    await with_a_place(house, event)

    founded_later = house.settings.model_copy(update={"tell_from": DUE + timedelta(hours=1)})
    await remind_all(house, at=DUE + timedelta(hours=2), settings=founded_later)

    assert await reminded(house) == []


async def test_a_rebuild_reminds_nobody_again_and_keeps_what_is_to_come(house: House) -> None:
    gone = await an_event(house)
    person = await with_a_place(house, gone)
    coming = await an_event(house, **MOVED)
    await house.hear(a_registration(RegistrationConfirmed, coming, person))
    await remind_all(house, at=DUE)
    newcomer = await with_a_place(house, gone)

    applier = Applier(
        consumer=NOTIFICATIONS,
        db=house.worker,
        epoch=2,
        schemas="access_a, grants_a, projection_b, public",
        rebuilding=True,
    )
    for record in house.log:
        publisher, stream = [*record.topic.split(".")[1:], FACTS][:2]
        if (publisher, stream) in NOTIFICATIONS.streams:
            await applier.apply([record])
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE servicekit.projections SET active = 'b', epoch = 2 WHERE name = 'projection'")
    await remind_all(house, at=DUE + timedelta(hours=1))
    before = await reminded(house)
    await remind_all(house, at=DUE + timedelta(days=7))

    assert before == [(person, cause_of(gone))]
    assert await reminded(house) == sorted([(person, cause_of(gone)), (person, cause_of(coming))])
    assert newcomer not in {who for who, _ in await reminded(house)}


async def test_a_week_before_as_well_where_that_is_wanted(house: House) -> None:
    event = await an_event(house)
    person = await with_a_place(house, event)
    both = house.settings.model_copy(update={"remind_before": "7d, 24h"})

    await remind_all(house, at=STARTS - timedelta(days=7), settings=both)
    await remind_all(house, at=DUE, settings=both)

    assert await reminded(house) == sorted((person, cause_of(event, lead=lead)) for lead in ("24h", "7d"))


async def test_a_large_event_is_gone_through_in_chunks_with_nobody_twice(house: House) -> None:
    event = await an_event(house)
    people = [await with_a_place(house, event) for _ in range(7)]
    await fire(house, at=DUE)

    announcer = house.announcer(chunk=3)
    counts = [await announcer.round(now=DUE + timedelta(seconds=n)) for n in range(5)]

    assert counts == [3, 3, 1, 0, 0]
    assert [who for who, _ in await reminded(house)] == sorted(people)
    async with house.worker.reading() as conn:
        left = await announcements.due(conn, now=STARTS)
    assert [one for one in left if one.kind == "event-reminder"] == []


def test_a_lead_that_nobody_knows_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="REMIND_BEFORE: there is no 2h; known: 24h, 7d"):
        NotificationsSettings(service_profile="local", remind_before="24h,2h")
