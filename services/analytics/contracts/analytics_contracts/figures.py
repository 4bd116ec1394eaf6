"""Figures: rounded to the nearest 5, null where they would stand for 1 to 7 people, each period published once."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from servicekit.contract import Fact, Part, Signal


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


class ActiveMembersCounted(Signal):
    """How many of a network's members joined, registered or attended within the 90 days that end with a day."""

    type: ClassVar[str] = "guildhall.analytics.active-members-counted.v1"

    network_id: Fact[UUID]
    day: Fact[date]
    active: Fact[int | None]
    """People; null: suppressed, also wherever the members themselves are too few to be shown."""

    @property
    def key(self) -> str:
        return str(self.network_id)

    @property
    def subject(self) -> str:
        return f"{self.network_id}/active"


class Stayed(Part):
    """How many of a month's cohort belonged to the network so many months after."""

    after: Fact[int]
    """Months; counted on the last day of that month."""
    people: Fact[int | None]
    """null: suppressed, also wherever fewer than 8 joined."""


class RetentionCounted(Signal):
    """Those who first joined a region in one month, and how many stayed; sent again with each point that comes."""

    type: ClassVar[str] = "guildhall.analytics.retention-counted.v1"

    network_id: Fact[UUID]
    month: Fact[date]
    """The first day of the month in which they joined."""
    joined: Fact[int | None]
    stayed: Fact[list[Stayed]]
    """All points that have been published, by months after; a point never changes."""

    @property
    def key(self) -> str:
        return str(self.network_id)

    @property
    def subject(self) -> str:
        return f"{self.network_id}/retention/{self.month}"
