"""The picture itself: names and numbers, nothing about persons. `asdict` of it is what `status --json` prints."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    answers: bool
    error: str | None = None
    """Why it does not answer; `AnotherBroker` where one answers that is not the one of before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaStep:
    schema: str
    folder: str
    applied: str | None
    """The newest migration that the database has; None where it has none."""
    expected: str
    """The newest one of this release."""
    missing: int
    """Of this release, in the database: how many are not there."""
    newer: int
    """In the database, of this release: how many it does not know; fine while releases change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    name: str
    active: str
    """`a` or `b`."""
    epoch: int
    rebuilding: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    unsent: int
    oldest_unsent_seconds: float | None
    held: bool
    """Whether the relay is held back by its switch."""
    republishing: bool
    """Whether the relay waits until the ledger is ready to be sent again."""
    by_cell: dict[str, int]
    """Unsent, by cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    topic: str
    cell: str
    partition: int
    applied: int
    """The offset that follows what is applied."""
    end: int
    lag: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerStatus:
    name: str
    projection: str
    group: str
    lag: int | None
    """None where the broker does not answer."""
    lag_by_cell: dict[str, int]
    parked_subjects: int
    parked_deliveries: int
    partitions: list[Partition]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastError:
    process: str
    event: str
    error: str | None
    at: datetime
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    service: str
    release: str
    at: datetime
    cells: list[str]
    """Served."""
    reads: list[str]
    """Cells that are read."""
    database: Answering
    broker: Answering
    schema_current: bool | None
    """None where the database does not answer, as everything below that it would tell."""
    schema: list[SchemaStep]
    projections: list[Projection]
    outbox: Outbox | None
    consumers: list[ConsumerStatus]
    parked_subjects: int | None
    jobs: dict[str, int]
    """Queued, running and failed ones, by state."""
    timers: dict[str, int]
    """Those that wait for another try or have been given up, by state."""
    last_error: LastError | None
    errors: list[LastError]
    """By process and event, the newest first; ten at most."""
