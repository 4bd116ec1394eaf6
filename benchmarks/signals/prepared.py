"""Signals prepared beforehand: places confirmed at a thousand events, as the relay would send them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from events_contracts import RegistrationConfirmed
from servicekit import cells
from servicekit.envelope import Origin, encode
from servicekit.ids import new_id

ORIGIN = Origin("midlands", "national.midlands.rwp")
TOPIC = cells.topic(ORIGIN.cell, "events")
KEYS = 1000


@dataclass(frozen=True, slots=True)
class Prepared:
    """One signal, ready to go."""

    id: UUID
    key: str
    subject: str
    body: bytes


def event_id(number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"event-{number % KEYS}")


def confirmations(count: int) -> Iterator[Prepared]:
    """So many places, each with somebody else."""
    events = [event_id(number) for number in range(KEYS)]
    now = datetime.now(UTC)
    for number in range(count):
        told = RegistrationConfirmed(
            version=1,
            registration_id=uuid4(),
            event_id=events[number % KEYS],
            person_id=uuid4(),
            status="confirmed",
            code=f"C{number:07d}",
            registered_at=now,
            waited=False,
        )
        signal_id = new_id()
        yield Prepared(signal_id, told.key, told.subject, encode(told, id=signal_id, time=now, origin=ORIGIN))
