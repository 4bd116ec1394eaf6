"""That somebody was told: accepted by SMTP, or shown in-app; one by one, or many of one thing at once."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Fact, PersonId, Pseudonym, Signal


class NotificationTold(Signal):
    """One person was told of one cause by one channel; sent once, on the cause's cell.

    What many are told of at once is said by `PeopleTold` instead.
    """

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


class PeopleTold(Signal):
    """Many people were told of one cause by one channel; each of them in one such signal, on the cause's cell.

    An announcement is told chunk by chunk: a signal for each person would be a hundred thousand of them. Its version is
    how many had been told when it was sent, these included.
    """

    type: ClassVar[str] = "guildhall.notifications.people-told.v1"

    cause: Fact[str]
    """Id of the signal, or name of the timer or announcement, that gave rise to it."""
    kind: Fact[str]
    """event-announced, event-reminder or announcement; an open list."""
    channel: Fact[str]
    """in-app or email; an open list."""
    event_id: Fact[UUID | None] = None
    told_at: Fact[AwareDatetime]
    people: Pseudonym[list[UUID]]
    """At most a few thousand."""

    @property
    def key(self) -> str:
        return self.cause
