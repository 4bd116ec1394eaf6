"""What many are told goes through its audience in the order of their ids, and can be taken up wherever it stopped."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from notifications_service.tellings.model import Kind, Notice
from servicekit.problem import Conflict, Invalid

PASSES = 2
"""The second finds whoever was recorded before the event was published but arrived here after the first."""
PAUSE_BETWEEN_PASSES = timedelta(seconds=10)

LONGEST_TITLE, LONGEST_TEXT = 150, 5000
FIRST_COUNT, LONGEST_COUNT = timedelta(seconds=2), timedelta(minutes=5)

_MARKUP = re.compile(r"<\s*[A-Za-z!/?]")
_HEADER_TROUBLE = re.compile("=\\?|[\u0000-\u001f\u007f\u0085\u2028\u2029]")


class State(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    BEFORE_START = "before-start"


class NotPossibleNow(Conflict):
    code = "announcement-state"
    title = "The announcement is not where this can be done"


class NetworkClosed(Conflict):
    code = "network-closed"
    title = "This network is closed"


class NotPlainText(Invalid):
    code = "not-plain-text"
    title = "Announcements are plain text"


MAY_BE = {
    State.PAUSED: frozenset({State.RUNNING, State.PAUSED}),
    State.RUNNING: frozenset({State.PAUSED, State.RUNNING}),
    State.STOPPED: frozenset({State.RUNNING, State.PAUSED, State.STOPPED}),
}
"""From which states each is reached; where it is already, nothing changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One thing and the people who are told of it: members of networks, or an event's registrants."""

    cause: str
    kind: Kind = Kind.EVENT_ANNOUNCED
    event_id: UUID | None
    cell: str
    network: str
    eligible_on: date
    """The day in Europe/London on which it was published: who is meant is judged as of then."""
    networks: tuple[UUID, ...] = ()
    sectors: tuple[str, ...] = ()
    job_roles: tuple[str, ...] = ()
    passes: int = 0
    """How many times its audience has been gone through."""
    resume_after: UUID | None = None
    """The last person of the present pass who was told; None at its beginning."""
    told: int = 0
    created_at: datetime
    """Of a reminder: when it came due; whoever had their place later was told so instead."""
    next_at: datetime

    @property
    def notice(self) -> Notice:
        return Notice(cause=self.cause, kind=self.kind, event_id=self.event_id, cell=self.cell, network=self.network)

    @property
    def is_done(self) -> bool:
        """A reminder needs no second pass: who was not here yet is told of their place within the window."""
        return self.passes >= (1 if self.kind is Kind.EVENT_REMINDER else PASSES)

    def went_on(self, last: UUID, *, told: int, at: datetime) -> "Announcement":
        """There may be more people after this one; others' announcements come first."""
        return replace(self, resume_after=last, told=self.told + told, next_at=at)

    def went_through(self, *, told: int, at: datetime) -> "Announcement":
        """Nobody is left in this pass."""
        return replace(
            self,
            passes=self.passes + 1,
            resume_after=None,
            told=self.told + told,
            next_at=at + PAUSE_BETWEEN_PASSES,
        )


@dataclass(frozen=True, slots=True)
class Words:
    """What a lead says, in plain text; it never changes once it is said."""

    title: str
    text: str
    said_by: str | None = None
    """Name of the network, where it is known here."""
    facts: tuple[tuple[str, str], ...] = ()
    """Labels and values that stand below it."""

    @property
    def paragraphs(self) -> list[str]:
        return [" ".join(part.split()) for part in re.split(r"\n\s*\n", self.text) if part.strip()]


def checked(title: str, text: str) -> Words:
    """The words, where they are plain text of a fair length. Raises NotPlainText, Invalid."""
    title, text = title.strip(), text.replace("\r\n", "\n").strip()
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise Invalid(f"title: expected 1 to {LONGEST_TITLE} characters.")
    if not 1 <= len(text) <= LONGEST_TEXT:
        raise Invalid(f"text: expected 1 to {LONGEST_TEXT} characters.")
    if _HEADER_TROUBLE.search(title):
        raise NotPlainText("title: expected one line of plain text; it is the subject of the mail.")
    for name, value in (("title", title), ("text", text)):
        if _MARKUP.search(value):
            raise NotPlainText(
                f"{name}: no HTML is taken; write plain text, and leave an empty line between paragraphs."
            )
        if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co"} and sign != "\n" for sign in value):
            raise NotPlainText(f"{name}: it holds signs that nobody can see; write plain text.")
    return Words(title, text)


def next_count(age: timedelta) -> timedelta:
    """How long the figures of a mailing stand before they are counted anew: the older it is, the longer."""
    return min(max(age / 10, FIRST_COUNT), LONGEST_COUNT)
