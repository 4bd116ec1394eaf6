"""Agreements: what a partner body may receive, why, of which networks, and until when."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from servicekit.contract import Content, Fact, Signal


class AgreementState(Signal):
    """An agreement as it now is, whole. It travels on the cell of the network that made it."""

    agreement_id: Fact[UUID]
    network_id: Fact[UUID]
    """The network that made it, at whose cell its streams are served."""
    body: Content[str]
    """The partner body's name."""
    client_id: Fact[str]
    """With which the partner signs in at the provider."""
    issuer: Fact[str]
    purpose: Content[str]
    networks: Fact[list[UUID]]
    """Signals of these networks and all below them."""
    fields: Fact[dict[str, list[str]]]
    """Signal type to the fields of its data that may be received; other types are not."""
    consent_needed: Fact[list[str]] = Field(default_factory=list)
    """Types among `fields` that are about persons: each is received only while its person consents to this."""
    starts_on: Fact[date]
    ends_on: Fact[date]
    """The last day that counts, Europe/London."""

    @property
    def key(self) -> str:
        return str(self.agreement_id)


class AgreementMade(AgreementState):
    type: ClassVar[str] = "guildhall.membership.agreement-made.v1"


class AgreementEnded(AgreementState):
    """It ends, earlier than it said or as it said; `ends_on` is the day."""

    type: ClassVar[str] = "guildhall.membership.agreement-ended.v1"
