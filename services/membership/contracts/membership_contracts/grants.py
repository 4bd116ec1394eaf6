"""Grants: all that a person holds in one cell, in one compacted record, so that none is lost by compaction."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import GRANTS, Fact, Part, PersonId, Signal


class GrantHeld(Part):
    """A role at a network and all below it."""

    grant_id: Fact[UUID]
    role: Fact[str]
    """lead, organiser, steward, analyst or privacy-officer; an open list, and an unknown role allows nothing."""
    network_id: Fact[UUID]
    starts_at: Fact[AwareDatetime]
    ends_at: Fact[AwareDatetime | None] = None


class GrantsHeld(Signal):
    """Every live grant of a person at networks of this cell; an empty list when none is left."""

    type: ClassVar[str] = "guildhall.membership.grants-held.v1"
    stream: ClassVar[str] = GRANTS

    person_id: PersonId
    grants: Fact[list[GrantHeld]]

    @property
    def key(self) -> str:
        return str(self.person_id)
