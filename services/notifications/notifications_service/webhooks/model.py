"""What becomes of a delivery after an attempt, and of an endpoint that goes on failing. Pure: no I/O, no clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
    timedelta(hours=24),
    timedelta(hours=24),
)
"""How long to wait after the first attempt, the second, and so on: five days in all."""
SPREAD = 0.2
"""Each wait is up to this part shorter or longer, so that what failed together does not come back together."""

SHORTEST_RETRY_AFTER, LONGEST_RETRY_AFTER = timedelta(seconds=1), timedelta(hours=1)
GONE = 410
LARGEST_BODY = 256 * 1024
KEPT = timedelta(days=30)
"""How long a delivery stands in the log, and can be replayed."""


class State(StrEnum):
    QUEUED = "queued"
    DELIVERED = "delivered"
    MISSED = "missed"
    """Given up after the last attempt, or the endpoint was disabled; it can be replayed."""
    WITHHELD = "withheld"
    """Never sent: when its turn came the agreement or a person's consent did not allow it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One attempt, as the log tells it."""

    at: datetime
    milliseconds: int
    status: int | None = None
    answer: str = ""
    failure: str | None = None
    retry_after: timedelta | None = None

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == GONE

    @property
    def words(self) -> str | None:
        """What went wrong, in words; None where nothing did."""
        if self.succeeded:
            return None
        if self.status is None:
            return self.failure
        follows = ", and redirects are not followed" if 300 <= self.status < 400 else ""
        return f"answered {self.status}{follows}"


@dataclass(frozen=True, slots=True)
class Settled:
    state: State
    next_attempt_at: datetime | None = None


def settle(tried: Tried, *, attempts: int, is_test: bool, now: datetime, chance: Callable[[], float]) -> Settled:
    """attempts: those before this one since it was queued. chance: draws from 0 to 1."""
    if tried.succeeded:
        return Settled(State.DELIVERED)
    if is_test or tried.is_gone or attempts >= len(SCHEDULE):
        return Settled(State.MISSED)
    wait = SCHEDULE[attempts] * (1 - SPREAD + 2 * SPREAD * chance())
    return Settled(State.QUEUED, now + max(wait, tried.retry_after or timedelta(0)))


def retry_after(status: int | None, header: str | None, *, now: datetime) -> timedelta | None:
    """For how long a receiver asks to be left alone: seconds or a date, with 429 and 503 only, within bounds."""
    if status not in {429, 503} or not header:
        return None
    text = header.strip()
    try:
        asked = timedelta(seconds=int(text)) if text.isdigit() and len(text) < 10 else parsedate_to_datetime(text) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(asked, SHORTEST_RETRY_AFTER), LONGEST_RETRY_AFTER)


def shown_answer(body: bytes) -> str:
    """What may be stored of an answer: text without NUL."""
    return body.decode("utf-8", errors="replace").replace("\0", "\ufffd")
