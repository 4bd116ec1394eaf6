"""The rules of tickets: which bytes stand in one, who is shown one, and when it lets nobody in. Pure: no I/O.

A ticket names a registration and an event by their ids, and nobody. Its text is Base32 in capitals without padding
(RFC 4648), which a QR code holds densely and which survives being copied.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events_service.gatherings.model import Event
from events_service.gatherings.wall_time import shown_at
from events_service.registrations.model import AlreadyAttended, NotConfirmed, Registration, Status
from servicekit.problem import Conflict, Invalid

FORMAT = 1
SIGNATURE = 64
LONGEST_TEXT = 240
_ID, _NUMBER = 16, 4


class NotATicket(Invalid):
    code = "not-a-ticket"
    title = "This is no ticket of ours"


class ForgedTicket(Invalid):
    code = "forged-ticket"
    title = "This ticket was not made by us"


class UntrustedKey(Invalid):
    code = "ticket-key-not-trusted"
    title = "This ticket's signature counts no more"


class ForeignTicket(Conflict):
    code = "ticket-of-another-event"
    title = "This ticket is for another event"


class SupersededTicket(Conflict):
    code = "ticket-superseded"
    title = "There is a newer ticket"


class AlreadyCheckedIn(Conflict):
    code = "already-checked-in"
    title = "This ticket has been used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A claim on a place, as it stands in a ticket."""

    registration_id: UUID
    event_id: UUID
    number: int
    """1 for a registration's first ticket; each renewal makes the one before worthless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A ticket with its signature, not yet believed."""

    ticket: Ticket
    key_id: str
    signed: bytes
    """What the signature is of."""
    signature: bytes


def to_sign(ticket: Ticket, key_id: str) -> bytes:
    """Format, the key's id with its length before it, the registration's id, the event's id, the number."""
    name = key_id.encode("ascii")
    return b"".join(
        [
            bytes([FORMAT, len(name)]),
            name,
            ticket.registration_id.bytes,
            ticket.event_id.bytes,
            ticket.number.to_bytes(_NUMBER, "big"),
        ]
    )


def written(signed: bytes, signature: bytes) -> str:
    return base64.b32encode(signed + signature).decode("ascii").rstrip("=")


def taken_apart(text: str) -> Sealed:
    """What stands in a ticket's text. Raises NotATicket where it has another shape."""
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
        signed, signature = raw[:-SIGNATURE], raw[-SIGNATURE:]
        name_ends = 2 + signed[1]
        key_id = signed[2:name_ends].decode("ascii")
    except (binascii.Error, ValueError, IndexError):
        raise _not_a_ticket() from None
    # One ticket has one text: whatever could be written in two ways could be counted as two.
    if signed[0] != FORMAT or len(signed) != name_ends + 2 * _ID + _NUMBER or written(signed, signature) != text:
        raise _not_a_ticket()
    registration_id, event_id = signed[name_ends : name_ends + _ID], signed[name_ends + _ID : name_ends + 2 * _ID]
    ticket = Ticket(
        registration_id=UUID(bytes=registration_id),
        event_id=UUID(bytes=event_id),
        number=int.from_bytes(signed[-_NUMBER:], "big"),
    )
    return Sealed(ticket=ticket, key_id=key_id, signed=signed, signature=signature)


def refuse_foreign(ticket: Ticket, event_id: UUID) -> None:
    """Raise where a ticket that we signed is shown at the door of another event; which one is nobody's business."""
    if ticket.event_id != event_id:
        raise ForeignTicket("This ticket is good, but for another event: look for the name instead.")


def refuse_superseded(ticket: Ticket, current: int) -> None:
    """Raise where the registrant has renewed it since. current: the number of the ticket that counts."""
    if not hmac.compare_digest(ticket.number.to_bytes(_NUMBER, "big"), current.to_bytes(_NUMBER, "big")):
        raise SupersededTicket(
            "The registrant has renewed this ticket: the newer one lets them in. Look for the name instead."
        )


def used_already(registration: Registration, zone: str) -> AlreadyCheckedIn:
    """The refusal of a ticket that is shown again. zone: the event's, in whose wall time the words speak."""
    assert registration.attended_at is not None
    return AlreadyCheckedIn(
        f"This ticket was used already, at {shown_at(registration.attended_at, zone)}.",
        attended_at=registration.attended_at,
        registration_id=registration.id,
    )


def refuse_to_show(event: Event, registration: Registration) -> None:
    """Raise where there is no ticket for this registration: only a confirmed place has one."""
    if registration.status is Status.WAITING:
        raise NotConfirmed("You are on the waiting list: there is a ticket once there is a place for you.")
    if registration.status is Status.CANCELLED:
        raise NotConfirmed("This registration has been cancelled: it has no ticket.")
    event.refuse_if_cancelled()


def refuse_to_renew(event: Event, registration: Registration, *, at: datetime) -> None:
    refuse_to_show(event, registration)
    event.refuse_if_over(at)
    if registration.attended_at is not None:
        raise AlreadyAttended("You have been checked in: no other ticket is needed.")


def _not_a_ticket() -> NotATicket:
    return NotATicket("This is not a ticket of ours: scan it again, type the code, or look for the name.")
