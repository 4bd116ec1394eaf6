"""A reminder is of the date as it is: nobody is reminded of one that has moved or been cancelled."""

from datetime import timedelta

import pytest
from notifications_house import House, cancelled, changed
from notifications_timers import (
    DUE,
    LONG_BEFORE,
    MOVED,
    an_event,
    at,
    cause_of,
    fire,
    remind_all,
    reminded,
    with_a_place,
)

from notifications_service.reminders.model import Anchor


@pytest.fixture(autouse=True)
async def day_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is told in these tests is told long before the event, unless a test says otherwise."""
    at(monkeypatch, LONG_BEFORE)


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
