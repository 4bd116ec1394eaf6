"""That somebody was told: accepted by SMTP, or shown in-app."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Fact, PersonId, Signal


class NotificationTold(Signal):
    """One person was told of one cause by one channel; sent once, on the cause's cell."""

    type: ClassVar[str] = "guildhall.notifications.notification-told.v1"

    notification_id: Fact[UUID]
    person_id: PersonId
    cause: Fact[str]
    """Id of the signal, or name of the timer, that gave rise to it."""
    kind: Fact[str]
    """event-announced, registration-confirmed, registration-waitlisted, registration-promoted, event-changed,
    event-cancelled, registration-cancelled; an open list."""
    channel: Fact[str]
    """in-app or email; an open list."""
    event_id: Fact[UUID | None] = None
    told_at: Fact[AwareDatetime]

    @property
    def key(self) -> str:
        return str(self.person_id)

    @property
    def subject(self) -> str:
        return str(self.notification_id)
