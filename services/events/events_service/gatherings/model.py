"""The rules of events: drafted, published, changed, cancelled. Pure: no I/O, no clock, no framework."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from events_service.gatherings.wall_time import instant, shown_at
from servicekit.problem import Conflict, Invalid, NotFound, PreconditionFailed

T = TypeVar("T")

TOLD = frozenset({"starts", "ends", "zone", "venue"})
"""What attendees must know of: a change of these raises the revision."""


class Status(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class EndsTooEarly(Invalid):
    code = "ends-before-start"


class StartsInThePast(Invalid):
    code = "starts-in-the-past"


class NoPlaces(Invalid):
    code = "no-places"


class WiderThanCell(Invalid):
    code = "wider-than-cell"
    title = "This would be open to networks of another region"


class WrongCell(Invalid):
    code = "wrong-cell"
    title = "That network belongs to another cell"


class AlreadyPublished(Conflict):
    code = "already-published"


class EventCancelled(Conflict):
    code = "event-cancelled"
    title = "The event has been cancelled"


class EventPast(Conflict):
    code = "event-past"
    title = "The event is over"


class CapacityBelowConfirmed(Conflict):
    code = "capacity-below-confirmed"
    title = "More people are confirmed than that"


def nothing_here() -> NotFound:
    """The same words whether there is nothing, or nothing that the caller may see: nobody can tell which."""
    return NotFound("There is nothing here that you can see.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRule:
    """Who may come: members of these networks or below, of one of these sectors, with one of these job roles."""

    networks: tuple[UUID, ...]
    """Empty only until the network that holds the event takes the place."""
    sectors: tuple[str, ...] = ()
    """Empty: any."""
    job_roles: tuple[str, ...] = ()
    """Empty: any."""

    def or_open_to(self, network_id: UUID) -> "AdmissionRule":
        """Open to this network where none is named."""
        return self if self.networks else replace(self, networks=(network_id,))


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Times on the wall as they were agreed, and the instants that they mean."""

    starts: datetime
    ends: datetime
    zone: str
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def agreed(cls, *, starts: datetime, ends: datetime, zone: str) -> "When":
        starts_at, ends_at = instant(starts, zone), instant(ends, zone)
        if ends_at <= starts_at:
            raise EndsTooEarly("An event ends after it starts; this one would end at or before its start.")
        return cls(starts=starts, ends=ends, zone=zone, starts_at=starts_at, ends_at=ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an organiser decides about an event."""

    kind: str
    title: str
    summary: str
    venue: str
    when: When
    capacity: int
    rule: AdmissionRule

    def __post_init__(self) -> None:
        if self.capacity < 1:
            raise NoPlaces("An event has at least one place.")

    def held_by(self, network_id: UUID) -> "Plan":
        return replace(self, rule=self.rule.or_open_to(network_id))

    def differences(self, other: "Plan") -> list[str]:
        """Names of what is decided otherwise in the other plan."""
        same_names = ("kind", "title", "summary", "venue", "capacity", "rule")
        times = ("starts", "ends", "zone")
        return [name for name in same_names if getattr(self, name) != getattr(other, name)] + [
            name for name in times if getattr(self.when, name) != getattr(other.when, name)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an organiser wants otherwise; None: as it is."""

    kind: str | None = None
    title: str | None = None
    summary: str | None = None
    venue: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    zone: str | None = None
    capacity: int | None = None
    rule: AdmissionRule | None = None

    def applied(self, plan: Plan) -> Plan:
        when = plan.when
        if not (self.starts is None and self.ends is None and self.zone is None):
            when = When.agreed(
                starts=_chosen(self.starts, when.starts),
                ends=_chosen(self.ends, when.ends),
                zone=_chosen(self.zone, when.zone),
            )
        return Plan(
            kind=_chosen(self.kind, plan.kind),
            title=_chosen(self.title, plan.title),
            summary=_chosen(self.summary, plan.summary),
            venue=_chosen(self.venue, plan.venue),
            when=when,
            capacity=_chosen(self.capacity, plan.capacity),
            rule=_chosen(self.rule, plan.rule),
        )


def _chosen(wanted: T | None, present: T) -> T:
    return present if wanted is None else wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A gathering, with how many places are taken and how many people wait."""

    id: UUID
    cell: str
    network_id: UUID
    network_path: str
    """Of the network that holds it, as it is now."""
    plan: Plan
    status: Status
    published_at: datetime | None
    """None as long as it never left the drafts."""
    revision: int
    version: int
    confirmed: int
    waiting: int

    @property
    def free(self) -> int:
        return max(0, self.plan.capacity - self.confirmed)

    def is_past(self, at: datetime) -> bool:
        return self.plan.when.ends_at <= at

    def publish(self, *, at: datetime) -> "Event":
        if self.status is Status.PUBLISHED:
            raise AlreadyPublished("This event has been published before.")
        self.refuse_if_cancelled()
        _refuse_past_start(self.plan.when, at)
        return replace(self, status=Status.PUBLISHED, published_at=at, version=self.version + 1)

    def refuse_change(self, *, seen: int, at: datetime) -> None:
        """Raise where somebody who has seen this version cannot change the event now."""
        if seen != self.version:
            raise PreconditionFailed(
                f"You have changed version {seen}, but version {self.version} is there by now: read it again.",
                version=self.version,
            )
        self.refuse_if_cancelled()
        self.refuse_if_over(at)

    def change(self, plan: Plan, *, at: datetime) -> "Event":
        """With another plan. The same event where nothing differs."""
        changed = self.plan.differences(plan)
        if not changed:
            return self
        if plan.capacity < self.confirmed:
            raise CapacityBelowConfirmed(
                f"{self.confirmed} people are confirmed: there cannot be fewer places than that.",
                confirmed=self.confirmed,
            )
        is_public = self.status is Status.PUBLISHED
        if is_public and plan.when != self.plan.when:
            _refuse_past_start(plan.when, at)
        told = is_public and not TOLD.isdisjoint(changed)
        return replace(self, plan=plan, version=self.version + 1, revision=self.revision + told)

    def cancel(self, *, at: datetime) -> "Event":
        self.refuse_if_cancelled()
        self.refuse_if_over(at)
        return replace(
            self,
            status=Status.CANCELLED,
            version=self.version + 1,
            revision=self.revision + (self.published_at is not None),
        )

    def refuse_registration(self, *, at: datetime) -> None:
        """Raise where nobody can register now: NotFound for a draft, which is nobody's business yet."""
        if self.published_at is None:
            raise nothing_here()
        self.refuse_if_cancelled()
        self.refuse_if_over(at)

    def takes_registrations(self, *, at: datetime) -> bool:
        return self.status is Status.PUBLISHED and not self.is_past(at)

    def refuse_if_cancelled(self) -> None:
        if self.status is Status.CANCELLED:
            raise EventCancelled(f'"{self.plan.title}" has been cancelled.')

    def refuse_if_over(self, at: datetime) -> None:
        if self.published_at is not None and self.is_past(at):
            when = self.plan.when
            raise EventPast(f'"{self.plan.title}" ended at {shown_at(when.ends_at, when.zone)}.')


def _refuse_past_start(when: When, at: datetime) -> None:
    if when.starts_at <= at:
        raise StartsInThePast(f"It would have started already, at {shown_at(when.starts_at, when.zone)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTo:
    """A network that an event is to be open to."""

    name: str
    cell: str


def refuse_wider(cell: str, networks: Iterable[OpenedTo]) -> None:
    """An event of a region is open within its cell; what is to be open more widely is the national cell's."""
    foreign = [network for network in networks if network.cell != cell]
    if foreign:
        names = ", ".join(f"{network.name} ({network.cell})" for network in foreign[:5])
        raise WiderThanCell(
            f"An event of {cell} can be open to networks of {cell} only, not to {names}."
            " Hold it at a network of the national cell to open it more widely."
        )
