"""What a snapshot is: figures of one network at the end of one day, published once and never again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

REPORTED_FOR = timedelta(days=28)
"""How long after its end an event's funnel is still published each day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    network_id: UUID
    day: date
    cell: str
    taken_at: datetime
    networks: int
    """How many networks' figures it published."""
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A snapshot that somebody asked for, or that the day's end asks for."""

    network_id: UUID
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMembers:
    """A network's figures of one day; None where suppressed."""

    network_id: UUID
    parent_id: UUID | None
    members: int | None
    directly: int | None
    trusts: int
    trusts_with_members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedActivity:
    """How many of a network's members were active on a day; None where suppressed."""

    network_id: UUID
    parent_id: UUID | None
    active: int | None
    active_directly: int | None
