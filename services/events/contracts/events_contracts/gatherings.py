"""Events as they are announced: public content, times on the wall and as instants, places, who may come."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from events_contracts.eligibility import Rule
from servicekit.contract import Content, Fact, Signal


class EventState(Signal):
    """An event as it now is, whole; consumers keep the highest version."""

    event_id: Fact[UUID]
    network_id: Fact[UUID]
    """The network that holds it; its cell is the event's for ever."""
    kind: Fact[str]
    """summit, masterclass, webinar, tweet-chat, coaching, course or meeting; an open list."""
    title: Content[str]
    summary: Content[str]
    venue: Content[str]
    """The place as people read it; joining links never travel."""
    starts: Fact[datetime]
    """Wall time in `zone`, without an offset: what was agreed."""
    ends: Fact[datetime]
    zone: Fact[str]
    """IANA name, such as Europe/London."""
    starts_at: Fact[AwareDatetime]
    """The instant that the wall time means by today's rules of the zone."""
    ends_at: Fact[AwareDatetime]
    capacity: Fact[int]
    rule: Fact[Rule]
    published_at: Fact[AwareDatetime]
    """Eligibility is reported as of this instant."""
    revision: Fact[int]
    """Rises whenever what attendees must know changes: time, venue or cancellation."""

    @property
    def key(self) -> str:
        return str(self.event_id)


class EventPublished(EventState):
    """An event is open to those who may come; sent once."""

    type: ClassVar[str] = "guildhall.events.event-published.v1"


class EventChanged(EventState):
    """Something about a published event is another."""

    type: ClassVar[str] = "guildhall.events.event-changed.v1"

    changed: Fact[list[str]]
    """Names of the fields that changed."""


class EventCancelled(EventState):
    """It will not take place."""

    type: ClassVar[str] = "guildhall.events.event-cancelled.v1"
