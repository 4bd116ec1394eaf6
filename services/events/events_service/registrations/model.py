"""The rules of registrations: a place while there is one, else a place in line. Pure: no I/O, no clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from servicekit.problem import Conflict, Forbidden

ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"
"""Without letters and digits that look alike: 0 O, 1 I L, 2 Z, 5 S, 8 B."""
CODE_LENGTH = 8


class Status(StrEnum):
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    CANCELLED = "cancelled"


class NotEligible(Forbidden):
    code = "not-eligible"
    title = "This event is open to others"


class AlreadyRegistered(Conflict):
    code = "already-registered"
    title = "You are registered for this event already"


class AlreadyCancelled(Conflict):
    code = "already-cancelled"


class AlreadyAttended(Conflict):
    code = "already-attended"


class NotConfirmed(Conflict):
    code = "not-confirmed"
    title = "There is no confirmed place"


def draw_code(below: Callable[[int], int]) -> str:
    """A new registration code. below: draws a number from 0 to one less than its argument, unpredictably."""
    return "".join(ALPHABET[below(len(ALPHABET))] for _ in range(CODE_LENGTH))


def read_code(typed: str) -> str:
    """The code as we write it, from what somebody typed at the door."""
    return "".join(typed.split()).replace("-", "").upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Somebody's claim on a place."""

    id: UUID
    event_id: UUID
    person_id: UUID
    status: Status
    place: int
    """Its number in the order of registering for the event: who waits with the lowest is first in line."""
    code: str
    registered_at: datetime
    waited: bool
    attended_at: datetime | None
    flag: str | None
    """Why a waiting person was passed over when a place became free, as a code; None while they may come."""
    version: int

    def promote(self) -> "Registration":
        return replace(self, status=Status.CONFIRMED, flag=None, version=self.version + 1)

    def pass_over(self, because: str) -> "Registration":
        """Eligibility that is lost later flags a registration, it never cancels it."""
        return replace(self, flag=because)

    def cancel(self) -> "Registration":
        if self.status is Status.CANCELLED:
            raise AlreadyCancelled("This registration has been cancelled before.")
        if self.attended_at is not None:
            raise AlreadyAttended("Whoever has been checked in cannot cancel any more.")
        return replace(self, status=Status.CANCELLED, version=self.version + 1)

    def attend(self, *, at: datetime) -> "Registration":
        """Checked in. Doing it again changes nothing: the first instant stands."""
        if self.status is Status.WAITING:
            raise NotConfirmed("This registration is on the waiting list: there is no place for it yet.")
        if self.status is Status.CANCELLED:
            raise NotConfirmed("This registration has been cancelled.")
        if self.attended_at is not None:
            return self
        return replace(self, attended_at=at, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of those in line when places were free."""

    promoted: Sequence[Registration]
    flagged: Sequence[Registration]
    """Whose flag is another now; they keep their place in line."""


def fill_places(line: Sequence[Registration], refusals: Mapping[UUID, str], free: int) -> Decision:
    """Give free places to the first in line who may still come.

    line: in order. refusals: person to the code of why they may not come any more; absent, they may.
    """
    promoted: list[Registration] = []
    flagged: list[Registration] = []
    for waiting in line:
        if len(promoted) == free:
            break
        because = refusals.get(waiting.person_id)
        if because is None:
            promoted.append(waiting.promote())
        elif because != waiting.flag:
            flagged.append(waiting.pass_over(because))
    return Decision(promoted, flagged)


def url(cell: str, registration_id: UUID) -> str:
    return f"/api/v1/cells/{cell}/registrations/{registration_id}"


def already_registered(cell: str, existing: Registration) -> AlreadyRegistered:
    """The refusal, with the registration that stands in the way."""
    shown: dict[str, Any] = {
        "id": str(existing.id),
        "event_id": str(existing.event_id),
        "status": existing.status.value,
        "code": existing.code,
        "version": existing.version,
        "url": url(cell, existing.id),
    }
    state = "have a place" if existing.status is Status.CONFIRMED else "are on the waiting list"
    return AlreadyRegistered(f"You are registered for this event already: you {state}.", registration=shown)


def not_eligible(title: str, code: str, because: str) -> NotEligible:
    return NotEligible(f'You cannot register for "{title}": {because}.', reason=code, because=because)
