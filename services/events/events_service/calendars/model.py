"""The rules of calendar addresses: the secret is the right, only its hash is kept, and what a feed says of an event.

Pure: no I/O, no clock, no framework.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from events_service.gatherings.plan import Plan
from servicekit.problem import Conflict, Invalid

SECRET_BYTES = 32
MOST_OF_A_PERSON = 5
"""In one cell: a phone, a computer, the family's calendar."""
MOST_OF_A_NETWORK = 20
KEPT_BACK = timedelta(days=366)
"""How long an event that is over stays in a feed."""
MOST_ENTRIES = 250
"""Of more events, those nearest to come are told, and then the latest past ones."""


class TooManyCalendars(Conflict):
    code = "too-many-calendars"
    title = "There are as many calendar addresses as there may be"


class AddressNotToldAgain(Conflict):
    code = "address-not-told-again"


class NetworkOfAnotherCell(Invalid):
    code = "wrong-cell"
    title = "That network belongs to another cell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """An address: of one person, or of one network; never of both."""

    id: UUID
    cell: str
    person_id: UUID | None
    network_id: UUID | None
    made_at: datetime


def draw_secret(draw: Callable[[int], bytes]) -> str:
    """A new secret of 256 bits, as it stands in an address. draw: as many unpredictable bytes as it is asked for."""
    return base64.urlsafe_b64encode(draw(SECRET_BYTES)).decode().rstrip("=")


def secret_hash(shown: str) -> bytes:
    """What is kept of a secret. Whatever somebody shows is hashed alike, so that nothing tells near misses apart."""
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).digest()


def refuse_more(calendar: Calendar, present: int) -> None:
    """Raise where this calendar would be one too many. present: how many its owner has."""
    most = MOST_OF_A_PERSON if calendar.network_id is None else MOST_OF_A_NETWORK
    if present >= most:
        whose = "You have" if calendar.network_id is None else "The network has"
        raise TooManyCalendars(f"{whose} {present} calendar addresses here already: take one back first.")


class State(StrEnum):
    """STATUS of RFC 5545, of the event as it concerns whose calendar it is."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    """They wait for a place."""
    CANCELLED = "CANCELLED"
    """The event, or their registration: it stays in the feed, so that calendars strike it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event as a feed tells it."""

    event_id: UUID
    plan: Plan
    state: State
    sequence: int
    """Rises with the event's revision and with every change of the person's registration, and never falls."""
    changed_at: datetime
    takes_time: bool
    """Whether whose calendar it is will be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    name: str
    entries: tuple[Entry, ...]


def state(*, event: str, registration: str) -> State:
    """From the event's status and the registration's."""
    if "cancelled" in (event, registration):
        return State.CANCELLED
    return State.CONFIRMED if registration == "confirmed" else State.TENTATIVE
