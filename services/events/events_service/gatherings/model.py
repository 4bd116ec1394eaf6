"""The rules of events: drafted, published, changed, cancelled. Pure: no I/O, no clock, no framework."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from events_service.gatherings.plan import Plan, When
from events_service.gatherings.wall_time import shown_at
from servicekit.problem import Conflict, Invalid, NothingHere, PreconditionFailed


class Status(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class StartsInThePast(Invalid):
    code = "starts-in-the-past"


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


class RegistrationNotOpen(Conflict):
    code = "registration-not-open"
    title = "Registration has not opened yet"


class RegistrationClosed(Conflict):
    code = "registration-closed"
    title = "Registration has closed"


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
    changed_at: datetime
    """When the version was made."""

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
        return replace(self, status=Status.PUBLISHED, published_at=at, version=self.version + 1, changed_at=at)

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
        if not self.plan.differences(plan):
            return self
        if plan.capacity < self.confirmed:
            raise CapacityBelowConfirmed(
                f"{self.confirmed} people are confirmed: there cannot be fewer places than that.",
                confirmed=self.confirmed,
            )
        is_public = self.status is Status.PUBLISHED
        if is_public and plan.when != self.plan.when:
            _refuse_past_start(plan.when, at)
        told = is_public and self.plan.attendees_must_know(plan)
        return replace(self, plan=plan, version=self.version + 1, revision=self.revision + told, changed_at=at)

    def cancel(self, *, at: datetime) -> "Event":
        self.refuse_if_cancelled()
        self.refuse_if_over(at)
        return replace(
            self,
            status=Status.CANCELLED,
            version=self.version + 1,
            revision=self.revision + (self.published_at is not None),
            changed_at=at,
        )

    def refuse_registration(self, *, at: datetime) -> None:
        """Raise where nobody can register now: NotFound for a draft, which is nobody's business yet."""
        if self.published_at is None:
            raise NothingHere
        self.refuse_if_cancelled()
        self.refuse_if_over(at)
        self._refuse_outside_window(at)

    def takes_registrations(self, *, at: datetime) -> bool:
        return self.status is Status.PUBLISHED and not self.is_past(at)

    def refuse_if_cancelled(self) -> None:
        if self.status is Status.CANCELLED:
            raise EventCancelled(f'"{self.plan.title}" has been cancelled.')

    def _refuse_outside_window(self, at: datetime) -> None:
        window, zone = self.plan.window, self.plan.when.zone
        if window.opens_at is not None and at < window.opens_at:
            raise RegistrationNotOpen(
                f'Registration for "{self.plan.title}" opens at {shown_at(window.opens_at, zone)}.',
                opens_at=window.opens_at,
            )
        if window.closes_at is not None and window.closes_at <= at:
            raise RegistrationClosed(
                f'Registration for "{self.plan.title}" closed at {shown_at(window.closes_at, zone)}.',
                closes_at=window.closes_at,
            )

    def refuse_if_over(self, at: datetime) -> None:
        if self.published_at is not None and self.is_past(at):
            when = self.plan.when
            raise EventPast(f'"{self.plan.title}" ended at {shown_at(when.ends_at, when.zone)}.')


def _refuse_past_start(when: When, at: datetime) -> None:
    if when.starts_at <= at:
        raise StartsInThePast(f"It would have started already, at {shown_at(when.starts_at, when.zone)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTo:
    """A network that an event is to be open to, or held with."""

    name: str
    cell: str


def refuse_wider(cell: str, networks: Iterable[OpenedTo]) -> None:
    """An event of a region is open within its cell; what is to be open more widely is the national cell's."""
    if names := _of_other_cells(cell, networks):
        raise WiderThanCell(
            f"An event of {cell} can be open to networks of {cell} only, not to {names}."
            " Hold it at a network of the national cell to open it more widely."
        )


def refuse_held_wider(cell: str, networks: Iterable[OpenedTo]) -> None:
    """Co-hosts, too, are of the event's own cell unless it is the national one's: others would not know it."""
    if names := _of_other_cells(cell, networks):
        raise WiderThanCell(
            f"An event of {cell} can be held with networks of {cell} only, not with {names}."
            " Hold it at a network of the national cell to hold it with them."
        )


def _of_other_cells(cell: str, networks: Iterable[OpenedTo]) -> str:
    foreign = [network for network in networks if network.cell != cell]
    return ", ".join(f"{network.name} ({network.cell})" for network in foreign[:5])
