"""The rules of events, one by one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from event_builders import NOW, OWN_NETWORK, a_draft, a_published_event, wall

from events_service.gatherings.model import (
    AlreadyPublished,
    CapacityBelowConfirmed,
    Event,
    EventCancelled,
    EventPast,
    OpenedTo,
    RegistrationClosed,
    RegistrationNotOpen,
    StartsInThePast,
    Status,
    WiderThanCell,
    refuse_wider,
)
from events_service.gatherings.plan import (
    AdmissionRule,
    Changes,
    EndsTooEarly,
    Mode,
    NoPlaces,
    SessionOutside,
    Slot,
    Span,
    When,
)
from servicekit.problem import NotFound, PreconditionFailed

A_SESSION = Slot(title="Flow", starts=wall("2027-01-20T10:00"), ends=wall("2027-01-20T11:00"), room="A")


def changed(event: Event, **changes: Any) -> Event:
    return event.change(Changes(**changes).applied(event.plan), at=NOW)


def test_publishing_a_draft_opens_it() -> None:
    event = a_draft().publish(at=NOW)

    assert (event.status, event.published_at, event.version, event.revision) == (Status.PUBLISHED, NOW, 2, 1)


def test_an_event_is_published_once() -> None:
    with pytest.raises(AlreadyPublished, match="has been published before"):
        a_published_event().publish(at=NOW)


def test_an_event_that_would_have_started_is_not_published() -> None:
    with pytest.raises(StartsInThePast, match=r"would have started already, at 09:00 on 2027-01-20 \(Europe/London\)"):
        a_draft().publish(at=datetime(2027, 1, 20, 9, 0, tzinfo=UTC))


@pytest.mark.parametrize("ends", [wall("2027-01-20T09:00"), wall("2027-01-20T08:00")])
def test_an_event_ends_after_it_starts(ends: datetime) -> None:
    with pytest.raises(EndsTooEarly, match="An event ends after it starts"):
        When.agreed(starts=wall("2027-01-20T09:00"), ends=ends, zone="Europe/London")


def test_the_hour_that_comes_twice_can_make_an_end_come_first() -> None:
    """01:50 to 01:10 is no event, although 01:10 comes again twenty minutes later."""
    with pytest.raises(EndsTooEarly):
        When.agreed(starts=wall("2027-10-31T01:50"), ends=wall("2027-10-31T01:10"), zone="Europe/London")


def test_an_event_has_at_least_one_place() -> None:
    with pytest.raises(NoPlaces, match="at least one place"):
        replace(a_draft().plan, capacity=0)


@pytest.mark.parametrize(
    ("changes", "revision"),
    [
        ({"venue": "Room 5"}, 2),
        ({"starts": wall("2027-01-20T10:00")}, 2),
        ({"ends": wall("2027-01-20T17:00")}, 2),
        ({"zone": "Europe/Dublin"}, 2),
        ({"title": "Summit"}, 1),
        ({"summary": "All about beds"}, 1),
        ({"kind": "meeting"}, 1),
        ({"capacity": 9}, 1),
        ({"rule": AdmissionRule(networks=(OWN_NETWORK,), sectors=("acute",))}, 1),
        ({"mode": Mode.MIXED}, 2),
        ({"sessions": (A_SESSION,)}, 2),
        ({"co_hosts": (uuid4(),)}, 1),
        ({"partners": ("NHS Providers",)}, 1),
        ({"window": Span(closes=wall("2027-01-10T09:00"))}, 1),
    ],
)
def test_the_revision_rises_with_what_attendees_must_know(changes: dict[str, object], revision: int) -> None:
    before = a_published_event()

    after = changed(before, **changes)

    assert (after.version, after.revision) == (3, revision)
    assert before.plan.differences(after.plan) == list(changes)


def test_a_drafts_revision_does_not_rise() -> None:
    assert changed(a_draft(), venue="Room 5").revision == 1


def test_a_change_that_changes_nothing_is_none() -> None:
    event = a_published_event()

    assert changed(event, venue="Room 4", capacity=3) == event


def test_places_below_the_confirmed_are_refused_with_their_number() -> None:
    with pytest.raises(CapacityBelowConfirmed) as refusal:
        changed(a_published_event(confirmed=3), capacity=2)

    assert refusal.value.detail == "3 people are confirmed: there cannot be fewer places than that."
    assert refusal.value.extra == {"confirmed": 3}


def test_places_can_be_lowered_to_the_confirmed() -> None:
    assert changed(a_published_event(confirmed=2), capacity=2).free == 0


def test_a_published_event_is_not_moved_into_the_past() -> None:
    moved = {"starts": wall("2026-11-23T09:00"), "ends": wall("2026-11-23T23:00")}

    with pytest.raises(StartsInThePast):
        changed(a_published_event(), **moved)
    assert changed(a_draft(), **moved).version == 2


def test_a_change_names_the_version_that_was_looked_at() -> None:
    with pytest.raises(PreconditionFailed) as refusal:
        a_published_event().refuse_change(seen=1, at=NOW)

    assert refusal.value.extra == {"version": 2}


def test_cancelling_is_told_and_ends_everything_else() -> None:
    cancelled = a_published_event().cancel(at=NOW)

    assert (cancelled.status, cancelled.version, cancelled.revision) == (Status.CANCELLED, 3, 2)
    for refused in (
        lambda: cancelled.cancel(at=NOW),
        lambda: cancelled.publish(at=NOW),
        lambda: cancelled.refuse_change(seen=3, at=NOW),
        lambda: cancelled.refuse_registration(at=NOW),
    ):
        with pytest.raises(EventCancelled, match='"Winter summit" has been cancelled'):
            refused()


def test_what_is_over_stays_as_it_was() -> None:
    event, later = a_published_event(), datetime(2027, 1, 20, 16, 0, tzinfo=UTC)

    for refused in (
        lambda: event.cancel(at=later),
        lambda: event.refuse_change(seen=2, at=later),
        lambda: event.refuse_registration(at=later),
    ):
        with pytest.raises(EventPast, match=r'"Winter summit" ended at 16:00 on 2027-01-20 \(Europe/London\)'):
            refused()


def test_people_register_until_the_end() -> None:
    event, last_minute = a_published_event(), datetime(2027, 1, 20, 15, 59, tzinfo=UTC)

    event.refuse_registration(at=last_minute)

    assert event.takes_registrations(at=last_minute)


def test_a_draft_is_nobodys_business() -> None:
    with pytest.raises(NotFound, match="There is nothing here that you can see"):
        a_draft().refuse_registration(at=NOW)


def test_an_overdue_draft_can_still_be_given_another_day_or_up() -> None:
    later = NOW + timedelta(days=365)

    a_draft().refuse_change(seen=1, at=later)
    assert a_draft().cancel(at=later).status is Status.CANCELLED


def test_a_region_opens_its_events_to_its_own_networks() -> None:
    own = OpenedTo(name="Midlands", cell="midlands")

    refuse_wider("midlands", [own])
    with pytest.raises(WiderThanCell) as refusal:
        refuse_wider("midlands", [own, OpenedTo(name="London", cell="london")])

    assert refusal.value.detail == (
        "An event of midlands can be open to networks of midlands only, not to London (london)."
        " Hold it at a network of the national cell to open it more widely."
    )


def test_no_network_named_means_the_one_that_holds_it() -> None:
    plan = replace(a_draft().plan, rule=AdmissionRule(networks=(), sectors=("acute",)))

    assert plan.held_by(OWN_NETWORK).rule == AdmissionRule(networks=(OWN_NETWORK,), sectors=("acute",))


@pytest.mark.parametrize(
    ("session", "revision"),
    [
        (replace(A_SESSION, title="Flow and beds"), 2),
        (replace(A_SESSION, room="B"), 2),
        (replace(A_SESSION, ends=wall("2027-01-20T12:00")), 3),
        (replace(A_SESSION, starts=wall("2027-01-20T09:00")), 3),
    ],
)
def test_of_a_session_only_its_times_are_news(session: Slot, revision: int) -> None:
    event = changed(a_published_event(), sessions=(A_SESSION,))

    assert changed(event, sessions=(session,)).revision == revision


def test_the_sessions_of_an_event_lie_within_it() -> None:
    event = changed(a_published_event(), sessions=(A_SESSION,))

    with pytest.raises(SessionOutside) as refusal:
        changed(event, starts=wall("2027-01-20T10:30"))

    assert refusal.value.detail == (
        '"Flow" is from 10:00 on 2027-01-20 (Europe/London) to 11:00 on 2027-01-20 (Europe/London),'
        " but the event is from 10:30 on 2027-01-20 (Europe/London) to 16:00 on 2027-01-20 (Europe/London):"
        " move them together."
    )


def test_people_register_from_the_opening_until_the_closing() -> None:
    window = Span(opens=wall("2026-12-01T09:00"), closes=wall("2027-01-10T17:00"))
    event = changed(a_published_event(), window=window)
    opens, closes = datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2027, 1, 10, 17, tzinfo=UTC)
    instant = timedelta(microseconds=1)

    with pytest.raises(RegistrationNotOpen, match=r'"Winter summit" opens at 09:00 on 2026-12-01 \(Europe/London\)'):
        event.refuse_registration(at=opens - instant)
    event.refuse_registration(at=opens)
    event.refuse_registration(at=closes - instant)
    with pytest.raises(RegistrationClosed, match=r'"Winter summit" closed at 17:00 on 2027-01-10 \(Europe/London\)'):
        event.refuse_registration(at=closes)
    assert event.takes_registrations(at=closes), "places still go to those in line"


def test_a_version_says_when_it_was_made() -> None:
    later = NOW + timedelta(days=1)
    event = a_published_event()

    assert event.changed_at == NOW
    assert event.change(Changes(venue="Room 5").applied(event.plan), at=later).changed_at == later
    assert event.change(Changes(venue="Room 4").applied(event.plan), at=later).changed_at == NOW
    assert event.cancel(at=later).changed_at == later
