"""An announcement goes through its audience in the order of their ids, and can be taken up wherever it stopped."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

PASSES = 2
"""The second finds whoever was recorded before the event was published but arrived here after the first."""
PAUSE_BETWEEN_PASSES = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    cause: str
    event_id: UUID
    cell: str
    network: str
    eligible_on: date
    """The day in Europe/London on which it was published: who may come is judged as of then."""
    networks: tuple[UUID, ...]
    sectors: tuple[str, ...]
    job_roles: tuple[str, ...]
    passes: int = 0
    """How many times its audience has been gone through."""
    resume_after: UUID | None = None
    """The last person of the present pass who was told; None at its beginning."""
    next_at: datetime

    @property
    def is_done(self) -> bool:
        return self.passes >= PASSES

    def went_on(self, last: UUID, *, at: datetime) -> "Announcement":
        """There may be more people after this one; others' announcements come first."""
        return replace(self, resume_after=last, next_at=at)

    def went_through(self, *, at: datetime) -> "Announcement":
        """Nobody is left in this pass."""
        return replace(self, passes=self.passes + 1, resume_after=None, next_at=at + PAUSE_BETWEEN_PASSES)
