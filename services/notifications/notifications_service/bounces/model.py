"""The rules of what came back: what it says of whom, and what it must prove before it changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from notifications_service.addresses.model import SOFT_BOUNCES, Reason


class Verdict(StrEnum):
    HARD = "hard"
    """The address does not take mail, now or later."""
    SOFT = "soft"
    """Refused for a reason that may pass, or that is not the address's."""
    COMPLAINT = "complaint"
    VACATION = "vacation"
    DELAYED = "delayed"
    """The server still tries."""
    NOT_A_BOUNCE = "not-a-bounce"


class Matched(StrEnum):
    """What it proves: only whoever had the mail in hand knows its Message-ID."""

    MAIL = "mail"
    ADDRESS = "address"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What is said of one recipient. addresses: every address that it may mean, the final one first."""

    verdict: Verdict
    reason: str
    addresses: Sequence[str]
    status: str = ""
    reply: str = ""

    @property
    def code(self) -> str:
        """Such as `550 5.1.1`."""
        return " ".join(part for part in (self.reply, self.status) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One mail that came in, read. mails: local parts of Message-IDs that may be ours."""

    verdict: Verdict
    returned: Sequence[Returned] = ()
    mails: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A server's last word on the address of a mail. addresses: every hash of it, the current first."""

    notification_id: UUID
    person_id: UUID
    addresses: Sequence[str]
    reason: str
    code: str

    @property
    def digest(self) -> str:
        """Where other bounces have the hash of their bytes: of this there are none."""
        return f"refused:{self.notification_id}"


def suppressed_for(verdict: Verdict, *, soft_bounces: int) -> Reason | None:
    """Why the address gets no more mail; None where it still does. soft_bounces: within the days, this one included."""
    if verdict is Verdict.HARD:
        return Reason.HARD_BOUNCE
    if verdict is Verdict.COMPLAINT:
        return Reason.COMPLAINT
    if verdict is Verdict.SOFT and soft_bounces >= SOFT_BOUNCES:
        return Reason.SOFT_BOUNCES
    return None
