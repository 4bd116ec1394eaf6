"""Joining: that somebody asks to belong to a network, and what became of it; why, stays in membership."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Fact, PersonId, Pseudonym, Signal


class JoinState(Signal):
    """A request to join as it now is, whole. It travels on its network's cell, keyed by the person."""

    request_id: Fact[UUID]
    person_id: PersonId
    """The applicant."""
    network_id: Fact[UUID]
    state: Fact[str]
    """pending, approved, refused or withdrawn; an open list."""
    by: Fact[str]
    """What let them in, or did not: approval, open, domain or invitation; an open list."""
    requested_at: Fact[AwareDatetime]
    decided_at: Fact[AwareDatetime | None] = None
    decided_by: Pseudonym[UUID | None] = None
    """The lead who decided or invited; none where the network's policy did, or where it was withdrawn."""
    membership_id: Fact[UUID | None] = None
    """Where it was approved."""

    @property
    def key(self) -> str:
        return str(self.person_id)

    @property
    def subject(self) -> str:
        return str(self.request_id)


class JoinRequested(JoinState):
    """Somebody asks to be let in, and a lead of the network is to decide."""

    type: ClassVar[str] = "guildhall.membership.join-requested.v1"


class JoinDecided(JoinState):
    """It is decided: by a lead, by the network's policy, by an invitation, or by the applicant who withdrew it."""

    type: ClassVar[str] = "guildhall.membership.join-decided.v1"
