"""Events and registrations as values, for tests of the rules alone."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from events_service.gatherings.model import Event, Status
from events_service.gatherings.plan import AdmissionRule, Plan, When
from events_service.registrations.model import Registration
from events_service.registrations.model import Status as Registered

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OWN_NETWORK = uuid4()


def wall(text: str) -> datetime:
    """A time on a wall: without an offset, by intention."""
    return datetime.fromisoformat(text)


def a_draft(**given: Any) -> Event:
    plan = Plan(
        kind="summit",
        title="Winter summit",
        summary="",
        venue="Room 4",
        when=When.agreed(starts=wall("2027-01-20T09:00"), ends=wall("2027-01-20T16:00"), zone="Europe/London"),
        capacity=3,
        rule=AdmissionRule(networks=(OWN_NETWORK,)),
    )
    event = Event(
        id=uuid4(),
        cell="midlands",
        network_id=OWN_NETWORK,
        network_path="national.midlands",
        plan=plan,
        status=Status.DRAFT,
        published_at=None,
        revision=1,
        version=1,
        confirmed=0,
        waiting=0,
        changed_at=NOW,
    )
    return replace(event, **given)


def a_published_event(**given: Any) -> Event:
    return replace(a_draft().publish(at=NOW), **given)


def a_registration(**given: Any) -> Registration:
    registration = Registration(
        id=uuid4(),
        event_id=uuid4(),
        person_id=uuid4(),
        status=Registered.CONFIRMED,
        place=1,
        code="34679ACD",
        registered_at=NOW,
        waited=False,
        attended_at=None,
        flag=None,
        version=1,
    )
    return replace(registration, **given)
