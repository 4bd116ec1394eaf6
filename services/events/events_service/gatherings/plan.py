"""What an organiser decides about an event, and what of it fits together. Pure: no I/O, no clock, no framework."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from events_service.gatherings.wall_time import instant, shown_at
from servicekit.problem import Invalid

T = TypeVar("T")

TOLD = frozenset({"starts", "ends", "zone", "venue", "mode"})
"""What attendees must know of: a change of these, or of the sessions' times, raises the revision."""
MOST_SESSIONS = 50
ONLINE = "Online"
"""The venue of an event that takes place nowhere else."""


class Mode(StrEnum):
    """How people attend, in schema.org's words."""

    OFFLINE = "offline"
    ONLINE = "online"
    MIXED = "mixed"


class EndsTooEarly(Invalid):
    code = "ends-before-start"


class NoPlaces(Invalid):
    code = "no-places"


class NoVenue(Invalid):
    code = "no-venue"
    title = "Nobody would know where to go"


class SessionOutside(Invalid):
    code = "session-outside-event"
    title = "That session lies outside the event"


class TooManySessions(Invalid):
    code = "too-many-sessions"


class WindowNeverOpen(Invalid):
    code = "window-never-open"
    title = "Nobody could ever register"


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
class Slot:
    """A session as an organiser writes it: times on the wall of the event's zone."""

    title: str
    starts: datetime
    ends: datetime
    room: str = ""

    def agreed(self, zone: str) -> "Session":
        starts_at, ends_at = instant(self.starts, zone), instant(self.ends, zone)
        if ends_at <= starts_at:
            raise EndsTooEarly(f'A session ends after it starts; "{self.title}" would end at or before its start.')
        return Session(
            title=self.title,
            starts=self.starts,
            ends=self.ends,
            room=self.room,
            starts_at=starts_at,
            ends_at=ends_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Slot):
    """A session with the instants that its times mean."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when until when people can register, as an organiser writes it; None: no bound but the event's end."""

    opens: datetime | None = None
    closes: datetime | None = None

    def agreed(self, zone: str) -> "Window":
        return Window(
            opens=self.opens,
            closes=self.closes,
            opens_at=None if self.opens is None else instant(self.opens, zone),
            closes_at=None if self.closes is None else instant(self.closes, zone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Span):
    """When people can register, with the instants that its times mean."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None


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
    mode: Mode = Mode.OFFLINE
    sessions: tuple[Session, ...] = ()
    """In order of their starts; those that start together as they were written."""
    co_hosts: tuple[UUID, ...] = ()
    """Networks that hold it too; it stays the event of the one network that answers for it."""
    partners: tuple[str, ...] = ()
    """Partner bodies that hold it too, by name."""
    window: Window = Window()

    def __post_init__(self) -> None:
        if self.capacity < 1:
            raise NoPlaces("An event has at least one place.")

    @property
    def networks(self) -> tuple[UUID, ...]:
        """Every network that it is open to, or that holds it with others."""
        return tuple(dict.fromkeys((*self.rule.networks, *self.co_hosts)))

    def held_by(self, network_id: UUID) -> "Plan":
        """Open to this network where none is named; and nobody is a co-host of their own event."""
        others = tuple(co_host for co_host in self.co_hosts if co_host != network_id)
        return replace(self, rule=self.rule.or_open_to(network_id), co_hosts=others)

    def fitting(self) -> "Plan":
        """The plan where its parts go together; raises what does not."""
        plan = replace(self, venue=ONLINE) if self.mode is Mode.ONLINE and not self.venue else self
        if not plan.venue:
            raise NoVenue("Say where it takes place, or that it is online.")
        _refuse_outside(plan.sessions, plan.when)
        _refuse_never_open(plan.window, plan.when)
        return plan

    def differences(self, other: "Plan") -> list[str]:
        """Names of what is decided otherwise in the other plan."""
        names = ("kind", "title", "summary", "venue", "mode", "capacity", "rule", "co_hosts", "partners")
        times = ("starts", "ends", "zone")
        return (
            [name for name in names if getattr(self, name) != getattr(other, name)]
            + [name for name in times if getattr(self.when, name) != getattr(other.when, name)]
            + [name for name in ("sessions", "window") if getattr(self, name) != getattr(other, name)]
        )

    def attendees_must_know(self, other: "Plan") -> bool:
        """Whether the other plan is news to those who have a place."""
        return not TOLD.isdisjoint(self.differences(other)) or self._session_times != other._session_times

    @property
    def _session_times(self) -> list[tuple[datetime, datetime]]:
        return [(session.starts_at, session.ends_at) for session in self.sessions]


def agreed_sessions(slots: Sequence[Slot], zone: str) -> tuple[Session, ...]:
    """In order of their starts."""
    return tuple(sorted((slot.agreed(zone) for slot in slots), key=lambda session: session.starts_at))


def _refuse_outside(sessions: Sequence[Session], when: When) -> None:
    if len(sessions) > MOST_SESSIONS:
        raise TooManySessions(f"An event has at most {MOST_SESSIONS} sessions, here are {len(sessions)}.")
    for session in sessions:
        if session.starts_at < when.starts_at or session.ends_at > when.ends_at:
            raise SessionOutside(
                f'"{session.title}" is from {shown_at(session.starts_at, when.zone)}'
                f" to {shown_at(session.ends_at, when.zone)}, but the event is from"
                f" {shown_at(when.starts_at, when.zone)} to {shown_at(when.ends_at, when.zone)}:"
                " move them together.",
                session=session.title,
            )


def _refuse_never_open(window: Window, when: When) -> None:
    if window.opens_at is None:
        return
    last = when.ends_at if window.closes_at is None else min(window.closes_at, when.ends_at)
    if window.opens_at >= last:
        raise WindowNeverOpen(
            f"Registration would open at {shown_at(window.opens_at, when.zone)},"
            f" but not be possible after {shown_at(last, when.zone)}."
        )


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
    mode: Mode | None = None
    sessions: tuple[Slot, ...] | None = None
    co_hosts: tuple[UUID, ...] | None = None
    partners: tuple[str, ...] | None = None
    window: Span | None = None

    def applied(self, plan: Plan) -> Plan:
        """The plan with these changes. Raises what does not fit together any more."""
        when, zone = self._when(plan.when), _chosen(self.zone, plan.when.zone)
        sessions, window = plan.sessions, plan.window
        if self.sessions is not None or zone != plan.when.zone:
            sessions = agreed_sessions(_chosen(self.sessions, plan.sessions), zone)
        if self.window is not None or zone != plan.when.zone:
            window = _chosen(self.window, plan.window).agreed(zone)
        return Plan(
            kind=_chosen(self.kind, plan.kind),
            title=_chosen(self.title, plan.title),
            summary=_chosen(self.summary, plan.summary),
            venue=_chosen(self.venue, plan.venue),
            when=when,
            capacity=_chosen(self.capacity, plan.capacity),
            rule=_chosen(self.rule, plan.rule),
            mode=_chosen(self.mode, plan.mode),
            sessions=sessions,
            co_hosts=_chosen(self.co_hosts, plan.co_hosts),
            partners=_chosen(self.partners, plan.partners),
            window=window,
        ).fitting()

    def _when(self, when: When) -> When:
        if self.starts is None and self.ends is None and self.zone is None:
            return when
        return When.agreed(
            starts=_chosen(self.starts, when.starts),
            ends=_chosen(self.ends, when.ends),
            zone=_chosen(self.zone, when.zone),
        )


def _chosen(wanted: T | None, present: T) -> T:
    return present if wanted is None else wanted
