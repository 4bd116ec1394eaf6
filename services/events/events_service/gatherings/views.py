"""Events as they are asked for and shown over HTTP."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, NaiveDatetime

from events_service.edge import SAYS_SOMETHING, Body
from events_service.gatherings.model import Event
from events_service.gatherings.plan import (
    MOST_SESSIONS,
    AdmissionRule,
    Changes,
    Mode,
    Plan,
    Session,
    Slot,
    Span,
    When,
    Window,
    agreed_sessions,
)
from servicekit.web.days import Wall, Written

WallTime = Annotated[NaiveDatetime, Written, Wall]
Kind = Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,39}$")]
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=SAYS_SOMETHING)]
Summary = Annotated[str, Field(max_length=10_000)]
Venue = Annotated[str, Field(max_length=500)]
Zone = Annotated[str, Field(max_length=80)]
Capacity = Annotated[int, Field(ge=1, le=100_000)]
Code = Annotated[str, Field(min_length=1, max_length=80, pattern=SAYS_SOMETHING)]
Room = Annotated[str, Field(max_length=200)]
CoHosts = Annotated[tuple[UUID, ...], Field(max_length=50)]
Partners = Annotated[tuple[Title, ...], Field(max_length=50)]


class RuleBody(Body):
    """Who may come. No network named: members of the network that holds the event."""

    networks: Annotated[tuple[UUID, ...], Field(max_length=500)] = ()
    sectors: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    job_roles: Annotated[tuple[Code, ...], Field(max_length=200)] = ()

    def rule(self) -> AdmissionRule:
        return AdmissionRule(
            networks=tuple(dict.fromkeys(self.networks)),
            sectors=tuple(dict.fromkeys(self.sectors)),
            job_roles=tuple(dict.fromkeys(self.job_roles)),
        )


class SessionBody(Body):
    """A part of the event; wall times in the event's zone, within the event."""

    title: Title
    starts: WallTime
    ends: WallTime
    room: Room = ""

    def slot(self) -> Slot:
        return Slot(title=self.title, starts=self.starts, ends=self.ends, room=self.room)


Sessions = Annotated[tuple[SessionBody, ...], Field(max_length=MOST_SESSIONS)]


class WindowBody(Body):
    """When people can register, wall times in the event's zone; null: since it is published, until it ends."""

    opens: WallTime | None = None
    closes: WallTime | None = None

    def span(self) -> Span:
        return Span(opens=self.opens, closes=self.closes)


class DraftEvent(Body):
    network_id: UUID
    """The network that holds it."""
    kind: Kind
    """summit, masterclass, webinar, tweet-chat, coaching, course, meeting, or another."""
    title: Title
    summary: Summary = ""
    venue: Venue = ""
    """Where it takes place; may be left out of an event that is online only."""
    starts: WallTime
    """Wall time in `zone`."""
    ends: WallTime
    zone: Zone = "Europe/London"
    capacity: Capacity
    rule: RuleBody = RuleBody()
    mode: Mode = Mode.OFFLINE
    sessions: Sessions = ()
    co_hosts: CoHosts = ()
    """Networks that hold it too."""
    partners: Partners = ()
    """Partner bodies that hold it too, by name."""
    window: WindowBody = WindowBody()

    def plan(self) -> Plan:
        return Plan(
            kind=self.kind,
            title=self.title,
            summary=self.summary,
            venue=self.venue,
            when=When.agreed(starts=self.starts, ends=self.ends, zone=self.zone),
            capacity=self.capacity,
            rule=self.rule.rule(),
            mode=self.mode,
            sessions=agreed_sessions([session.slot() for session in self.sessions], self.zone),
            co_hosts=tuple(dict.fromkeys(self.co_hosts)),
            partners=tuple(dict.fromkeys(self.partners)),
            window=self.window.span().agreed(self.zone),
        )


class ChangeEvent(Body):
    """What is not named, or null, stays as it is; a list, rule or window that is named takes the old one's place."""

    kind: Kind | None = None
    title: Title | None = None
    summary: Summary | None = None
    venue: Venue | None = None
    starts: WallTime | None = None
    ends: WallTime | None = None
    zone: Zone | None = None
    capacity: Capacity | None = None
    rule: RuleBody | None = None
    mode: Mode | None = None
    sessions: Sessions | None = None
    co_hosts: CoHosts | None = None
    partners: Partners | None = None
    window: WindowBody | None = None

    def changes(self) -> Changes:
        return Changes(
            kind=self.kind,
            title=self.title,
            summary=self.summary,
            venue=self.venue,
            starts=self.starts,
            ends=self.ends,
            zone=self.zone,
            capacity=self.capacity,
            rule=self.rule.rule() if self.rule else None,
            mode=self.mode,
            sessions=None if self.sessions is None else tuple(session.slot() for session in self.sessions),
            co_hosts=None if self.co_hosts is None else tuple(dict.fromkeys(self.co_hosts)),
            partners=None if self.partners is None else tuple(dict.fromkeys(self.partners)),
            window=self.window.span() if self.window else None,
        )


class RuleView(BaseModel):
    networks: list[UUID]
    sectors: list[str]
    job_roles: list[str]

    @classmethod
    def of(cls, rule: AdmissionRule) -> Self:
        return cls(networks=list(rule.networks), sectors=list(rule.sectors), job_roles=list(rule.job_roles))


class SessionView(BaseModel):
    title: str
    starts: WallTime
    """Wall time in the event's zone, without an offset."""
    ends: WallTime
    room: str
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, session: Session) -> Self:
        return cls(
            title=session.title,
            starts=session.starts,
            ends=session.ends,
            room=session.room,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
        )


class WindowView(BaseModel):
    opens: WallTime | None
    closes: WallTime | None
    opens_at: datetime | None
    closes_at: datetime | None

    @classmethod
    def of(cls, window: Window) -> Self:
        return cls(opens=window.opens, closes=window.closes, opens_at=window.opens_at, closes_at=window.closes_at)


class EventView(BaseModel):
    id: UUID
    cell: str
    network_id: UUID
    kind: str
    title: str
    summary: str
    venue: str
    starts: WallTime
    """Wall time in `zone`, without an offset."""
    ends: WallTime
    zone: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    rule: RuleView
    mode: str
    """offline, online or mixed."""
    sessions: list[SessionView]
    co_hosts: list[UUID]
    partners: list[str]
    window: WindowView
    """When people can register."""
    status: str
    published_at: datetime | None
    is_full: bool
    confirmed: int | None
    """How many have a place; told to those who may read the registrations."""
    waiting: int | None
    revision: int
    version: int
    url: str

    @classmethod
    def of(cls, event: Event, *, counted: bool) -> Self:
        plan, when = event.plan, event.plan.when
        return cls(
            id=event.id,
            cell=event.cell,
            network_id=event.network_id,
            kind=plan.kind,
            title=plan.title,
            summary=plan.summary,
            venue=plan.venue,
            starts=when.starts,
            ends=when.ends,
            zone=when.zone,
            starts_at=when.starts_at,
            ends_at=when.ends_at,
            capacity=plan.capacity,
            rule=RuleView.of(plan.rule),
            mode=plan.mode.value,
            sessions=[SessionView.of(session) for session in plan.sessions],
            co_hosts=list(plan.co_hosts),
            partners=list(plan.partners),
            window=WindowView.of(plan.window),
            status=event.status.value,
            published_at=event.published_at,
            is_full=event.free == 0,
            confirmed=event.confirmed if counted else None,
            waiting=event.waiting if counted else None,
            revision=event.revision,
            version=event.version,
            url=f"/api/v1/cells/{event.cell}/events/{event.id}",
        )
