"""That somebody is to be told of a cause by another deployment than the one that serves its cell."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Fact, PersonId, Pseudonym, Signal


class TellingHandedOn(Signal):
    """The deployment of the cause's cell has no address of this person, who has moved on: the national one mails them.

    Always travels on `national.notifications`; ids only. Once mailed, `NotificationTold` says so on the cause's cell.
    """

    type: ClassVar[str] = "guildhall.notifications.telling-handed-on.v1"

    notification_id: Fact[UUID]
    """Stays the same, whoever mails it."""
    person_id: PersonId
    cause: Fact[str]
    """Id of the signal, or name of the timer or announcement, that gave rise to it."""
    kind: Fact[str]
    """As in `NotificationTold`; an open list."""
    cell: Fact[str]
    """The cause's."""
    event_id: Fact[UUID | None] = None
    event_version: Fact[int | None] = None
    """The version of the event that it is about."""
    registration_id: Pseudonym[UUID | None] = None
    registration_version: Fact[int | None] = None
    """As new as the registration must be known to whoever writes the mail."""
    place_in_line: Fact[int | None] = None
    message_id: Pseudonym[str | None] = None
    """Of a mail that was handed over once, and whose fate is not known: it goes once more under the same name."""
    handed_on_at: Fact[AwareDatetime]

    @property
    def key(self) -> str:
        return str(self.person_id)

    @property
    def subject(self) -> str:
        return str(self.notification_id)
