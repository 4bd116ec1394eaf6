"""Figures: rounded to the nearest 5, null where they would stand for 1 to 7 people, each period published once."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from servicekit.contract import Fact, Signal


class MembersCounted(Signal):
    """A network's members at the end of a day, and how many of its trusts have at least one."""

    type: ClassVar[str] = "guildhall.analytics.members-counted.v1"

    network_id: Fact[UUID]
    day: Fact[date]
    members: Fact[int | None]
    """People; null: suppressed."""
    trusts: Fact[int]
    """Open trusts in the network."""
    trusts_with_members: Fact[int]

    @property
    def key(self) -> str:
        return str(self.network_id)


class EventFunnelCounted(Signal):
    """From may-come to was-there, for one event at the end of a day."""

    type: ClassVar[str] = "guildhall.analytics.event-funnel-counted.v1"

    event_id: Fact[UUID]
    network_id: Fact[UUID]
    """The network that held the event."""
    day: Fact[date]
    eligible: Fact[int | None]
    told: Fact[int | None]
    registered: Fact[int | None]
    waited: Fact[int | None]
    attended: Fact[int | None]

    @property
    def key(self) -> str:
        return str(self.event_id)
