"""What a person wants to be told, by which channel, of which network."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Fact, PersonId, Signal


class PreferenceChanged(Signal):
    """One word of a person on what they want to be told. Always travels on `national.notifications`.

    It may be said at any deployment; of two words with one version the later counts, and of two of one instant
    the one that wants less.
    """

    type: ClassVar[str] = "guildhall.notifications.preference-changed.v1"

    person_id: PersonId
    kind: Fact[str]
    """A kind of telling, or `all`; an open list."""
    channel: Fact[str]
    """in-app or email; an open list."""
    network_id: Fact[UUID | None] = None
    """The network and all below it; None: every network."""
    wanted: Fact[bool | None] = None
    """None: the person has no word on this any more."""
    changed_at: Fact[AwareDatetime]

    @property
    def key(self) -> str:
        return str(self.person_id)

    @property
    def subject(self) -> str:
        return f"{self.person_id}:{self.kind}:{self.channel}:{self.network_id or 'all'}"
