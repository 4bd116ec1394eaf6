"""Whoever has a place is reminded once, a day before, and nobody of what has begun."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from notifications_house import House, a_registration
from notifications_timers import (
    DUE,
    LONG_BEFORE,
    MOVED,
    STARTS,
    an_event,
    at,
    cause_of,
    fire,
    remind_all,
    reminded,
    with_a_place,
)
from pydantic import ValidationError

from events_contracts import (
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from notifications_service.announcements import store as announcements
from notifications_service.consumers import NOTIFICATIONS
from notifications_service.settings import NotificationsSettings
from servicekit import clock
from servicekit.consumers.apply import Applier
from servicekit.contract import FACTS


@pytest.fixture(autouse=True)
async def day_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is told in these tests is told long before the event, unless a test says otherwise."""
    at(monkeypatch, LONG_BEFORE)


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
