"""Events as they are asked for and shown over HTTP."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, NaiveDatetime

from events_service.edge import Body
from events_service.gatherings.model import AdmissionRule, Changes, Event, Plan, When

Kind = Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,39}$")]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Summary = Annotated[str, Field(max_length=10_000)]
Venue = Annotated[str, Field(max_length=500)]
Zone = Annotated[str, Field(max_length=80)]
Capacity = Annotated[int, Field(ge=1, le=100_000)]
Code = Annotated[str, Field(min_length=1, max_length=80)]


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


class DraftEvent(Body):
    network_id: UUID
    """The network that holds it."""
    kind: Kind
    title: Title
    summary: Summary = ""
    venue: Venue
    starts: NaiveDatetime
    """Wall time in `zone`."""
    ends: NaiveDatetime
    zone: Zone = "Europe/London"
    capacity: Capacity
    rule: RuleBody = RuleBody()

    def plan(self) -> Plan:
        return Plan(
            kind=self.kind,
            title=self.title,
            summary=self.summary,
            venue=self.venue,
            when=When.agreed(starts=self.starts, ends=self.ends, zone=self.zone),
            capacity=self.capacity,
            rule=self.rule.rule(),
        )


class ChangeEvent(Body):
    """What is not named, or null, stays as it is."""

    kind: Kind | None = None
    title: Title | None = None
    summary: Summary | None = None
    venue: Venue | None = None
    starts: NaiveDatetime | None = None
    ends: NaiveDatetime | None = None
    zone: Zone | None = None
    capacity: Capacity | None = None
    rule: RuleBody | None = None

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
        )


class RuleView(BaseModel):
    networks: list[UUID]
    sectors: list[str]
    job_roles: list[str]


class EventView(BaseModel):
    id: UUID
    cell: str
    network_id: UUID
    kind: str
    title: str
    summary: str
    venue: str
    starts: datetime
    """Wall time in `zone`, without an offset."""
    ends: datetime
    zone: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    rule: RuleView
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
            rule=RuleView(
                networks=list(plan.rule.networks),
                sectors=list(plan.rule.sectors),
                job_roles=list(plan.rule.job_roles),
            ),
            status=event.status.value,
            published_at=event.published_at,
            is_full=event.free == 0,
            confirmed=event.confirmed if counted else None,
            waiting=event.waiting if counted else None,
            revision=event.revision,
            version=event.version,
            url=f"/api/v1/cells/{event.cell}/events/{event.id}",
        )
