"""Events as they are announced: public content, times on the wall and as instants, places, who may come."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from events_contracts.eligibility import Rule
from servicekit.contract import Content, Fact, Part, Signal

KINDS = ("summit", "masterclass", "webinar", "tweet-chat", "coaching", "course", "meeting")
"""The kinds known today. The list is open: whoever reads a kind must live with one that is not here."""


class Session(Part):
    """A part of an event, within its times; public content."""

    title: Content[str]
    starts: Fact[datetime]
    """Wall time in the event's zone, without an offset."""
    ends: Fact[datetime]
    starts_at: Fact[AwareDatetime]
    ends_at: Fact[AwareDatetime]
    room: Content[str] = ""


class EventState(Signal):
    """An event as it now is, whole; consumers keep the highest version."""

    event_id: Fact[UUID]
    network_id: Fact[UUID]
    """The network that holds it; its cell is the event's for ever."""
    kind: Fact[str]
    """One of `KINDS`, or another: lower-case words joined by hyphens."""
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
    """Rises whenever what attendees must know changes: the times, the sessions' times, venue, mode or cancellation."""
    mode: Fact[str] = "offline"
    """How people attend, as schema.org says it: offline, online or mixed."""
    sessions: Fact[list[Session]] = Field(default_factory=list)
    """In order of their starts."""
    co_hosts: Fact[list[UUID]] = Field(default_factory=list)
    """Networks that hold it too; `network_id` answers for it."""
    partners: Content[list[str]] = Field(default_factory=list)
    """Partner bodies that hold it too, by name."""
    opens: Fact[datetime | None] = None
    """Wall time from which people can register; None: since it was published."""
    closes: Fact[datetime | None] = None
    """Wall time until which people can register; None: until it ends."""
    opens_at: Fact[AwareDatetime | None] = None
    closes_at: Fact[AwareDatetime | None] = None

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
    """Names of the fields that changed; `window` for when people can register."""


class EventCancelled(EventState):
    """It will not take place."""

    type: ClassVar[str] = "guildhall.events.event-cancelled.v1"
