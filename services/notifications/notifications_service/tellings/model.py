"""The rules of telling: each person once per cause and channel, and what becomes of a mail whose fate is not known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    EVENT_ANNOUNCED = "event-announced"
    REGISTRATION_CONFIRMED = "registration-confirmed"
    REGISTRATION_WAITLISTED = "registration-waitlisted"
    REGISTRATION_PROMOTED = "registration-promoted"
    REGISTRATION_CANCELLED = "registration-cancelled"
    EVENT_CHANGED = "event-changed"
    EVENT_CANCELLED = "event-cancelled"
    EVENT_REMINDER = "event-reminder"
    ANNOUNCEMENT = "announcement"
    JOIN_REQUESTED = "join-requested"
    JOIN_APPROVED = "join-approved"
    JOIN_REFUSED = "join-refused"
    ADDRESS_TO_CONFIRM = "address-to-confirm"
    REPORT_READY = "report-ready"


class Channel(StrEnum):
    IN_APP = "in-app"
    EMAIL = "email"


class State(StrEnum):
    QUEUED = "queued"
    WAITING_FOR_ADDRESS = "waiting-for-address"
    SENDING = "sending"
    SENT = "sent"
    SHOWN = "shown"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    BEFORE_START = "before-start"
    HANDED_ON = "handed-on"


PRIORITY = {
    Kind.REGISTRATION_PROMOTED: 0,
    Kind.EVENT_CANCELLED: 1,
    Kind.EVENT_CHANGED: 1,
    Kind.REGISTRATION_CONFIRMED: 2,
    Kind.REGISTRATION_WAITLISTED: 2,
    Kind.REGISTRATION_CANCELLED: 2,
    Kind.ADDRESS_TO_CONFIRM: 1,
    Kind.JOIN_REQUESTED: 3,
    Kind.JOIN_APPROVED: 2,
    Kind.JOIN_REFUSED: 2,
    Kind.REPORT_READY: 4,
    Kind.EVENT_REMINDER: 5,
    Kind.EVENT_ANNOUNCED: 9,
    Kind.ANNOUNCEMENT: 9,
}
"""Which mail goes first: the lowest."""

SENT_ONCE_MORE = frozenset(
    {
        Kind.REGISTRATION_PROMOTED,
        Kind.EVENT_CHANGED,
        Kind.EVENT_CANCELLED,
        Kind.REGISTRATION_CANCELLED,
    }
)
"""Twice is better than never for these; for all others never is better than twice."""

SERVICE_MESSAGES = frozenset(
    {
        Kind.REGISTRATION_CONFIRMED,
        Kind.REGISTRATION_WAITLISTED,
        Kind.REGISTRATION_PROMOTED,
        Kind.REGISTRATION_CANCELLED,
        Kind.EVENT_CHANGED,
        Kind.EVENT_CANCELLED,
        Kind.ADDRESS_TO_CONFIRM,
        Kind.JOIN_REQUESTED,
        Kind.JOIN_APPROVED,
        Kind.JOIN_REFUSED,
        Kind.REPORT_READY,
    }
)
"""What became of something that the person asked for, and security: mailed whatever they prefer. All else has a
link to unsubscribe."""

DESPITE_SUPPRESSION = frozenset({Kind.ADDRESS_TO_CONFIRM})
"""Mailed because the person asks for it at this moment: to an address that is suppressed as well."""

ASKED_FOR = DESPITE_SUPPRESSION | {Kind.REPORT_READY}
"""The person asks for these by themselves, and ends them where they asked: no preference speaks of them."""

SET_BY_PERSON = frozenset(Kind) - ASKED_FOR
"""What preferences may name."""

ABOUT_JOINING = frozenset({Kind.JOIN_REQUESTED, Kind.JOIN_APPROVED, Kind.JOIN_REFUSED})
"""These name the network of their cause."""

SHOWS_THE_CODE = frozenset(
    {Kind.REGISTRATION_CONFIRMED, Kind.REGISTRATION_PROMOTED, Kind.EVENT_CHANGED, Kind.EVENT_REMINDER}
)
"""What is shown at the door stands in these, for whoever has a place."""

MOST_ATTEMPTS = 20
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Something that one person is to be told, by every channel."""

    cause: str
    person_id: UUID
    kind: Kind
    event_id: UUID | None
    event_version: int | None = None
    """The version of the event that it is about; None: the newest that is known when it is written down."""
    registration_id: UUID | None = None
    place_in_line: int | None = None
    cell: str
    network: str
    untold: Mapping[Channel, str] = field(default_factory=dict)
    """Channels by which it is told to nobody, whatever they prefer, and why: such as `no address`."""
    before_start: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that many people are told of, by every channel."""

    cause: str
    kind: Kind
    event_id: UUID | None
    cell: str
    network: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom to tell next, in the order of their ids."""

    people: Sequence[UUID]
    registrations: Sequence[UUID] | None = None
    """The registration of each, where they are told as registrants."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """By which channels somebody wants to be told of something."""

    in_app: bool = True
    email: bool = True


class Outcome(StrEnum):
    """What came of handing one mail to a server."""

    ACCEPTED = "accepted"
    REFUSED_FOR_NOW = "refused-for-now"
    REFUSED = "refused"
    NOT_SENT = "not-sent"
    """The server was not reached, or left before the mail itself was handed over."""
    IN_DOUBT = "in-doubt"
    """The mail was handed over, and no answer came."""
    SUPPRESSED = "suppressed"
    """Never handed over: the person wants no such mail, or none reaches the address."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Where a mail stands after an attempt."""

    state: State
    next_attempt_at: datetime | None = None
    counts: bool = False
    """Whether the attempt is one of the `MOST_ATTEMPTS`."""
    is_repeat: bool = False
    """Whether what follows is the one repetition of a mail whose fate is not known."""


def settle(
    kind: str, outcome: Outcome, *, attempts: int, repeats: int, now: datetime, chance: Callable[[], float]
) -> Settled:
    """What becomes of a mail. attempts, repeats: before this one; chance: draws from 0 to 1."""
    match outcome:
        case Outcome.ACCEPTED:
            return Settled(State.SENT)
        case Outcome.SUPPRESSED:
            return Settled(State.SUPPRESSED)
        case Outcome.REFUSED:
            return Settled(State.FAILED, counts=True)
        case Outcome.NOT_SENT:
            return Settled(State.QUEUED, next_attempt_at=now)
        case Outcome.IN_DOUBT:
            if goes_once_more(kind, repeats):
                return Settled(State.QUEUED, next_attempt_at=now, is_repeat=True)
            return Settled(State.UNKNOWN)
        case Outcome.REFUSED_FOR_NOW if attempts + 1 < MOST_ATTEMPTS:
            return Settled(State.QUEUED, next_attempt_at=now + pause(attempts, chance()), counts=True)
        case Outcome.REFUSED_FOR_NOW:
            return Settled(State.FAILED, counts=True)


def goes_once_more(kind: str, repeats: int) -> bool:
    """Whether a mail that may or may not have been accepted is sent again, with the same Message-ID."""
    return repeats == 0 and kind in SENT_ONCE_MORE


def pause(attempts: int, drawn: float) -> timedelta:
    """How long to wait after so many attempts: doubling, spread by half to either side."""
    doubled: timedelta = FIRST_PAUSE * (1 << min(attempts, 16))
    return min(doubled, LONGEST_PAUSE) * (0.5 + drawn)
