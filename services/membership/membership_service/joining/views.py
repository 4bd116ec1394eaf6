"""Policies and requests as they are shown, and what somebody sends who would like to join."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from membership_service.joining.actions import Wish
from membership_service.joining.model import LONGEST_REASON
from membership_service.joining.policy import MOST_DOMAINS, Joining
from membership_service.memberships.api import known_job_role, known_sector
from membership_service.reference import JobRoles

Text = Annotated[str, StringConstraints(max_length=320)]
Words = Annotated[str, StringConstraints(max_length=2 * LONGEST_REASON)]


class SourceView(BaseModel):
    network_id: UUID
    name: str


class JoiningView(BaseModel):
    """How a network is joined."""

    network_id: UUID
    name: str
    path: str
    kind: str
    policy: str
    """open, by-approval, by-invitation or by-domain."""
    domains: list[str]
    """Where it is by-domain: those at which an address lets somebody in."""
    source: SourceView | None
    """The network whose leads said so, this one or one above; none where nobody has, and the usual way holds."""
    version: int
    """Of this network's own policy, for If-Match; 0 while it has none."""

    @classmethod
    def of(cls, joining: Joining) -> Self:
        network, source = joining.network, joining.source
        return cls(
            network_id=network.id,
            name=network.name,
            path=network.path,
            kind=network.kind,
            policy=joining.policy.policy,
            domains=list(joining.policy.domains),
            source=SourceView(network_id=source.id, name=source.name) if source else None,
            version=joining.own_version,
        )


class SetJoining(BaseModel):
    model_config = ConfigDict(extra="forbid")

    policy: Literal["open", "by-approval", "by-invitation", "by-domain"]
    domains: Annotated[list[Annotated[str, StringConstraints(max_length=260)]], Field(max_length=MOST_DOMAINS)] = []
    """Only with by-domain: what stands after the @ of the addresses that let somebody in."""


class AboutOneself(BaseModel):
    """What somebody says who would like to belong to a network."""

    model_config = ConfigDict(extra="forbid")

    given_name: Text | None = None
    """Needed where nobody is registered with the address of the sign-in; else what is registered stays."""
    family_name: Text | None = None
    language: Annotated[str, StringConstraints(pattern="^[a-z]{2}$")] = "en"
    organisation: Text | None = None
    """The employer's name; needed at a region or the national network, which stand for none."""
    job_role: Annotated[str, StringConstraints(max_length=100)] | None = None
    """By code or title."""
    sector: Annotated[str, StringConstraints(max_length=40)] | None = None

    def wish(self, roles: JobRoles, *, reason: str | None = None) -> Wish:
        """Raises UnknownJobRole or SectorUnknown."""
        return Wish(
            given_name=self.given_name,
            family_name=self.family_name,
            language=self.language,
            reason=reason,
            organisation=self.organisation,
            job_role=known_job_role(self.job_role, roles),
            sector=known_sector(self.sector),
        )


class Join(AboutOneself):
    reason: Words | None = None
    """For the leads who decide; only they and the applicant read it."""


class Approve(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words | None = None


class Refuse(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words
    """The applicant reads it."""


class JoinRequestView(BaseModel):
    id: UUID
    network_id: UUID
    network: str
    """The network's name."""
    person_id: UUID
    state: str
    """pending, approved, refused or withdrawn."""
    way: str
    """approval, open, domain or invitation."""
    reason: str | None
    organisation: str | None
    job_role: str | None
    sector: str | None
    requested_at: datetime
    decided_at: datetime | None
    decided_by: UUID | None
    decision_reason: str | None
    membership_id: UUID | None
    version: int

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Self:
        return cls.model_validate({name: shown[name] for name in cls.model_fields})


class ApplicantView(JoinRequestView):
    """A request as leads see it: who asked, while they wait for an answer or belong here."""

    given_name: str | None
    family_name: str | None
    email: str | None
