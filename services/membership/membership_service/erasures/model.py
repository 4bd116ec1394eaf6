"""The rules of an erasure: asked for once, carried out whole, and over when everybody has answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

ASKED, CARRIED_OUT, REFUSED = "asked", "carried-out", "refused"
SERVICES = ("events", "notifications", "analytics")
"""Who holds something about persons, beside membership."""
OVERDUE = timedelta(minutes=15)
"""Everybody answers within seconds; a receipt that is missing for longer than this needs somebody."""

SWEPT_AFTER = timedelta(minutes=11)
"""Longer than a segment of the profiles' topics is written to (deploy/kafka/cells.toml). What was said of a person in
the segment that is being written is not compacted away, and one that nothing is added to is never closed: so each
profile is ended a second time, in the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One person's. `version` is how often it was told: a receipt answers one telling."""

    id: UUID
    person_id: UUID
    network_id: UUID
    path: str
    asked_at: datetime
    asked_by: UUID | None
    state: str
    carried_out_at: datetime | None
    told_at: datetime | None
    """The last time."""
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A service's word that what it held in a cell is gone."""

    service: str
    cell: str
    version: int
    at: datetime


def answered(erasure: Erasure, receipts: Iterable[Receipt]) -> list[Receipt]:
    """Those that answer the newest telling: after a restore everybody answers anew."""
    return [receipt for receipt in receipts if receipt.version >= erasure.version > 0]


def missing(erasure: Erasure, receipts: Iterable[Receipt], cells: Mapping[str, object]) -> list[tuple[str, str]]:
    """(service, cell) of every answer that is still to come."""
    there = {(receipt.service, receipt.cell) for receipt in answered(erasure, receipts)}
    return [(service, cell) for service in SERVICES for cell in cells if (service, cell) not in there]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """An erasure that is not over though it should be."""

    erasure: Erasure
    awaited: list[str]
    """The first services and cells that have not answered; none where it was not even carried out."""
