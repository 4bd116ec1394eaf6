"""Consents: whether a person lets one partner body have signals about them, under one agreement."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Fact, PersonId, Signal


class ConsentState(Signal):
    """A person's word on one agreement as it now is. It travels on the cell of the network that made the agreement."""

    person_id: PersonId
    agreement_id: Fact[UUID]
    given: Fact[bool]
    """False once it is withdrawn; somebody who never answered has sent nothing."""
    at: Fact[AwareDatetime]

    @property
    def key(self) -> str:
        return str(self.person_id)

    @property
    def subject(self) -> str:
        return f"{self.person_id}:{self.agreement_id}"


class ConsentGiven(ConsentState):
    type: ClassVar[str] = "guildhall.membership.consent-given.v1"


class ConsentWithdrawn(ConsentState):
    """From its instant on nothing about the person leaves under the agreement, queued or not."""

    type: ClassVar[str] = "guildhall.membership.consent-withdrawn.v1"
