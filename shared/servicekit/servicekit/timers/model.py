"""When a timer is tried again, and when it is given up. Pure: no I/O, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_TRIES = 3
FIRST_PAUSE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    kind: str
    subject: str
    name: str
    """Its cause, such as `event:<id>:starts@3:24h`; a timer that is anchored anew has another."""
    version: int
    """The subject's."""
    due_at: datetime | None
    """None: it stands no longer."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Where a timer stands after a failure."""

    tries: int
    next_at: datetime | None
    """None: it is parked."""


def failed(tries: int, *, counts: bool, now: datetime, chance: float) -> Attempt:
    """tries: before this one. counts: whether it was the timer's own fault. chance: from 0 to 1."""
    tries += int(counts)
    if tries >= MOST_TRIES:
        return Attempt(tries, None)
    return Attempt(tries, now + FIRST_PAUSE * (1 << tries) * (0.5 + chance))
