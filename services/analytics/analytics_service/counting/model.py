"""What is counted: a network's members with those of each network below, and an event's people by network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

REGION, TRUST = "region", "trust"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network as it is now, at the path that it has, or had on a day that was asked about."""

    network_id: UUID
    path: str
    kind: str
    name: str
    cell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCount:
    """How many belonged to a network on a day, each person once."""

    network_id: UUID
    path: str
    kind: str
    name: str
    open: bool
    """Whether the network was open that day."""
    members: int
    directly: int
    """Members of the network itself, rather than of one below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityCount:
    """How many belonged to a network on a day, and how many of them were active, each person once."""

    network_id: UUID
    path: str
    kind: str
    name: str
    members: int
    active: int
    directly: int
    active_directly: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortCount:
    """Those who first joined a network in one month, and how many of them belonged to it later."""

    month: date
    """Its first day."""
    joined: int
    still: dict[int, int]
    """By the number of months after; only what lies behind."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Open trusts, and how many of them have at least one member."""

    trusts: int
    with_members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageOn:
    day: date
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    event_id: UUID
    title: str
    network: Network
    """Who holds it."""
    published_on: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartCount:
    """People of one network below the event's own, of that network itself, or of all others (no network)."""

    network: Network | None
    counts: dict[str, int]
    """By measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """People of some events who have one thing in common, or who are at home elsewhere."""

    key: str | None
    """An id or a code; "" where it is not known; None for those from elsewhere."""
    elsewhere: bool
    counts: dict[str, int]
    """By measure, summed over the events."""


def parents(counts: Sequence[NetworkCount | ActivityCount]) -> dict[UUID, UUID]:
    """Each network's parent: the nearest one above it among these; the topmost has none."""
    by_path = {one.path: one.network_id for one in counts}
    found = {}
    for one in counts:
        labels = one.path.split(".")
        above = (".".join(labels[:length]) for length in range(len(labels) - 1, 0, -1))
        parent = next((by_path[path] for path in above if path in by_path), None)
        if parent is not None:
            found[one.network_id] = parent
    return found


def coverage(counts: Iterable[NetworkCount], path: str) -> Coverage:
    """Of the trusts at this path and below."""
    trusts = [
        one.members
        for one in counts
        if one.kind == TRUST and one.open and (one.path == path or one.path.startswith(path + "."))
    ]
    return Coverage(len(trusts), sum(1 for members in trusts if members))
