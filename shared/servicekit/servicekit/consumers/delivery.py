"""A delivery is one signal as it arrives; a removal is a tombstone, whose facts travel in headers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from servicekit.cells import cell_of
from servicekit.contract import Signal
from servicekit.envelope import Whole, decode, decode_whole

S = TypeVar("S", bound=Signal, covariant=True)

HEARTBEAT = "heartbeat"
"""Key of the records that only say that nothing urgent is held back; they are no signals."""


@dataclass(slots=True, kw_only=True)
class Record:
    """One record of a topic, its name without the broker's prefix. Never changed.

    Not frozen: one is made for every signal, and a frozen one takes three times as long.
    """

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes | None
    headers: Mapping[str, bytes]
    timestamp: int
    """Milliseconds since 1970, UTC."""


@dataclass(frozen=True, slots=True)
class Delivery(Generic[S]):
    """One is made for every signal, so it holds three things and looks the rest up when it is asked."""

    record: Record
    said: Whole[S]
    tell_from: datetime

    @property
    def data(self) -> S:
        return self.said["data"]

    @property
    def id(self) -> UUID:
        return self.said["id"]

    @property
    def topic(self) -> str:
        return self.record.topic

    @property
    def key(self) -> str:
        return self.said["partitionkey"]

    @property
    def subject(self) -> str:
        return self.said["subject"]

    @property
    def type(self) -> str:
        return self.said["type"]

    @property
    def version(self) -> int:
        return self.said["version"]

    @property
    def time(self) -> datetime:
        return self.said["time"]

    @property
    def network(self) -> str:
        """Path of the signal's network when it was sent."""
        return self.said["network"]

    @property
    def before_start(self) -> bool:
        """Whether the cause is older than `TELL_FROM`: nobody is told of it."""
        return self.said["time"] < self.tell_from

    @property
    def traceparent(self) -> str | None:
        return _traceparent(self.record) or self.said.get("traceparent")

    @property
    def cell(self) -> str:
        return cell_of(self.record.topic)

    @property
    def place(self) -> tuple[int, int]:
        """Partition and offset."""
        return self.record.partition, self.record.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """The tombstone of a compacted topic: what stood under this key in this cell stands no longer."""

    id: UUID
    topic: str
    key: str
    subject: str
    type: str
    version: int
    traceparent: str | None = None
    record: Record

    @property
    def cell(self) -> str:
        return cell_of(self.topic)

    @property
    def place(self) -> tuple[int, int]:
        """Partition and offset."""
        return self.record.partition, self.record.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A signal of a type that this consumer does not listen to: counted as seen, otherwise ignored."""

    id: UUID
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Bytes that are no signal, or no signal of the type they claim; `subject` where it could be told."""

    id: UUID | None
    subject: str
    cause: str
    record: Record


Readable = Delivery[Signal] | Removal
READABLE = (Delivery, Removal)
Arrival = Readable | Unknown | Unreadable


def read(record: Record, known: Mapping[str, type[Signal]], *, tell_from: datetime) -> Arrival:
    """What a record says. Never raises on content: what cannot be read is `Unreadable`, with its cause."""
    try:
        return _read_tombstone(record) if record.value is None else _read_signal(record, known, tell_from)
    except ValueError as error:
        return Unreadable(
            id=_header_id(record),
            subject=f"{record.topic}/{record.partition}/{record.offset}",
            cause=_brief(error),
            record=record,
        )


def _read_tombstone(record: Record) -> Removal:
    headers = record.headers
    if not {"id", "type", "version"} <= headers.keys() or record.key is None:
        raise ValueError("a record without a body names no id, type and version in its headers")
    return Removal(
        id=UUID(headers["id"].decode()),
        topic=record.topic,
        key=record.key,
        subject=record.key,
        type=headers["type"].decode(),
        version=int(headers["version"]),
        traceparent=_traceparent(record),
        record=record,
    )


def _read_signal(record: Record, known: Mapping[str, type[Signal]], tell_from: datetime) -> Arrival:
    assert record.value is not None
    claimed = known.get(record.headers.get("type", b"").decode("ascii", "replace"))
    if claimed is not None:
        try:
            said = decode_whole(record.value, claimed)
        except ValueError:
            pass  # what is wrong is found out step by step
        else:
            if said["type"] == claimed.type:
                return Delivery(record, said, tell_from)
    envelope = decode(record.value)
    contract = known.get(envelope.type)
    if contract is None:
        return Unknown(id=envelope.id, record=record)
    try:
        return Delivery(record, decode_whole(record.value, contract), tell_from)
    except ValueError as error:
        return Unreadable(id=envelope.id, subject=envelope.subject, cause=_brief(error), record=record)


def _traceparent(record: Record) -> str | None:
    """That of the sending, where it was traced."""
    found = record.headers.get("traceparent")
    return found.decode("ascii", "replace") if found else None


def _header_id(record: Record) -> UUID | None:
    try:
        return UUID(record.headers["id"].decode())
    except (KeyError, ValueError):
        return None


def _brief(error: ValueError) -> str:
    """The cause in one line, without the values that stood there."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return f"{type(error).__name__}: not a signal"
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in errors()[:5])
