"""Memberships: a person's belonging to one network, and so to those above it."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from servicekit.contract import Fact, PersonId, Signal


class MembershipState(Signal):
    """A membership as it now is, whole. It travels on its network's cell, keyed by the person."""

    membership_id: Fact[UUID]
    person_id: PersonId
    network_id: Fact[UUID]
    main: Fact[bool]
    """Whether its cell is the person's home."""
    since: Fact[date]
    until: Fact[date | None] = None
    """The last day that counts, Europe/London; none while it has no end."""
    job_role: Fact[str | None] = None
    """Code of the job role held from `described_from` on."""
    sector: Fact[str | None] = None
    """Code of the sector, the organisation's or the person's own, from `described_from` on."""
    organisation: Fact[str | None] = None
    """ODS code of the employer, where it has one."""
    described_from: Fact[date]
    """First day of this job role and sector; earlier ones were told by earlier versions."""

    @property
    def key(self) -> str:
        return str(self.person_id)

    @property
    def subject(self) -> str:
        return str(self.membership_id)


class MembershipStarted(MembershipState):
    """A person belongs to a network; sent once, the day it is recorded."""

    type: ClassVar[str] = "guildhall.membership.membership-started.v1"


class MembershipChanged(MembershipState):
    """Job role, sector or which membership is main changed."""

    type: ClassVar[str] = "guildhall.membership.membership-changed.v1"


class MembershipEnded(MembershipState):
    """A last day is recorded; it may lie ahead."""

    type: ClassVar[str] = "guildhall.membership.membership-ended.v1"
