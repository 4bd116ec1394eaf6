"""Where a live stream may begin, how many a person may hold open, and how it is written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from servicekit.problem import Gone, Invalid, Problem

MOST_PER_PERSON = 5
MOST_AT_ALL = 5000
"""In one process."""

RESUMES_FOR = timedelta(days=7)
"""Whoever was away for longer reads the list instead."""


class TooManyStreams(Problem):
    status = 429
    code = "too-many-streams"
    title = "Too many live streams are open"


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's list, as a stream that is to begin finds it."""

    last: int
    """The newest position; 0 where the list is empty."""
    next_at: datetime | None
    """When the first item after the wanted position was told; None where there is none."""


def begin(asked: str | None, standing: Standing, *, now: datetime) -> int:
    """The position after which a stream begins. asked: `Last-Event-ID`; None: only what is new.

    Raises Invalid where that was never given, Gone where it is too long ago.
    """
    if asked is None:
        return standing.last
    after = position(asked)
    if after > standing.last:
        raise Invalid(f"Last-Event-ID {after} has not been given yet; the newest is {standing.last}.")
    if standing.next_at is not None and now - standing.next_at > RESUMES_FOR:
        raise Gone(
            f"What followed {after} was told more than {RESUMES_FOR.days} days ago: read the list, then open the "
            "stream without a Last-Event-ID."
        )
    return after


def position(asked: str) -> int:
    """Raises Invalid where it is not one of ours."""
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 18):
        raise Invalid("Last-Event-ID: expected the id of an event of this stream, a whole number.")
    return int(asked)


def refuse_too_many(*, of_the_person: int, at_all: int) -> None:
    """Raises TooManyStreams. of_the_person, at_all: how many are open already."""
    if of_the_person >= MOST_PER_PERSON:
        raise TooManyStreams(
            f"You have {of_the_person} live streams open, and may have {MOST_PER_PERSON}: close one first.",
            retry_after=5,
        )
    if at_all >= MOST_AT_ALL:
        raise TooManyStreams("More live streams than this server holds are open: try again shortly.", retry_after=5)


def event(number: int, data: str) -> bytes:
    """One event of a stream. data: JSON without line breaks."""
    return f"id: {number}\nevent: notification\ndata: {data}\n\n".encode()
