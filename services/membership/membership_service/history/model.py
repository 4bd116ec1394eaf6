"""What can happen to a membership and to the request for one, as it is remembered."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

REQUESTED, APPROVED, REFUSED, WITHDRAWN = "requested", "approved", "refused", "withdrawn"
STARTED, CHANGED, MADE_MAIN, MOVED, ENDED = "started", "changed", "made-main", "moved", "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened, of a membership, a request, or both."""

    person_id: UUID
    network_id: UUID
    what: str
    at: datetime
    acted_by: UUID | None
    """The person who did it; None for an import or a network's policy."""
    membership_id: UUID | None = None
    request_id: UUID | None = None
    day: date | None = None
    """From which day on, or the last day, where it is about one."""
