"""An event's registrations, folded from its topic record by record, as whoever listens sees them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from guildhall_local.checker.records import Record

CONFIRMED, WAITING, CANCELLED = "confirmed", "waiting", "cancelled"
STATUS_AFTER = {
    "events.registration-confirmed": CONFIRMED,
    "events.registration-waitlisted": WAITING,
    "events.registration-promoted": CONFIRMED,
    "events.registration-cancelled": CANCELLED,
}


@dataclass(slots=True)
class History:
    """The state after each record so far."""

    statuses: dict[str, str] = field(default_factory=dict)
    """By registration."""

    def follow(self, record: Record) -> None:
        status = STATUS_AFTER.get(record.type)
        if status is not None:
            self.statuses[record.data["registration_id"]] = status

    @property
    def confirmed(self) -> int:
        return Counter(self.statuses.values())[CONFIRMED]

    @property
    def waiting(self) -> int:
        return Counter(self.statuses.values())[WAITING]


def of_event(records: Sequence[Record], event_id: str) -> list[Record]:
    """Everything about one event, in its order: it all travels under the event's key."""
    return [record for record in records if record.key == event_id.encode() and record.stream == "events"]


def steps(records: Sequence[Record]) -> Iterator[tuple[Record, int, int]]:
    """Each record with how many are confirmed and waiting once it has been read."""
    history = History()
    for record in records:
        history.follow(record)
        yield record, history.confirmed, history.waiting


def statuses(records: Sequence[Record]) -> dict[str, str]:
    history = History()
    for record in records:
        history.follow(record)
    return history.statuses


def before_the_first(records: Sequence[Record], type_: str) -> list[Record]:
    """The records up to the first of this type."""
    first = next((place for place, record in enumerate(records) if record.type == type_), len(records))
    return list(records[:first])
