"""The rules of handing on: who has moved on, and what is said to members alone."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from notifications_service.tellings.model import Kind

UNKNOWN_HERE_AFTER = timedelta(minutes=10)
"""Whoever belongs to nothing that is read here is handed on after so long: until then their profile may be coming."""

TO_MEMBERS_ONLY = frozenset({Kind.ANNOUNCEMENT})
"""What leads say stays in the cell in which it was said: it is for its members, and no signal holds its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOn:
    """A mail that leaves one ledger for another."""

    notification_id: UUID
    person_id: UUID
    cause: str
    kind: str
    cell: str
    network: str
    event_id: UUID | None
    event_version: int | None
    registration_id: UUID | None
    registration_version: int | None
    place_in_line: int | None
    message_id: str | None
    """Where it was handed to a server once, in doubt."""
