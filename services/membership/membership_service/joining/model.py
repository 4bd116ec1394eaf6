"""The rules of joining: the network's policy decides, or a lead does, once; every refusal says what to do instead."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from membership_service.joining.policy import BY_APPROVAL, BY_DOMAIN, BY_INVITATION, Joining
from membership_service.memberships.model import AlreadyMember, Membership
from membership_service.networks.model import Network
from membership_service.organisations.model import Organisation
from servicekit.problem import Conflict, Forbidden, Invalid

APPROVAL, OPEN, DOMAIN, INVITATION = "approval", "open", "domain", "invitation"
PENDING, APPROVED, REFUSED, WITHDRAWN = "pending", "approved", "refused", "withdrawn"
LONGEST_REASON = 1000


class AlreadyRequested(Conflict):
    code = "already-requested"
    title = "You have asked already"


class AlreadyDecided(Conflict):
    code = "already-decided"
    title = "This request has been answered"


class InvitationNeeded(Forbidden):
    code = "invitation-needed"
    title = "This network takes members by invitation"


class WrongDomain(Forbidden):
    code = "wrong-domain"
    title = "Your address is not one of this network's"


class OrganisationNeeded(Invalid):
    code = "organisation-needed"
    title = "Say where you work"


class JoinYourTrust(Conflict):
    code = "organisation-has-a-network"
    title = "Your organisation has a network of its own"


class ReasonRefused(Invalid):
    code = "reason-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequest:
    """Somebody's wish to belong to a network, and what became of it. Words of both sides stay in this service."""

    id: UUID
    network_id: UUID
    path: str
    cell: str
    person_id: UUID
    way: str
    """approval, open, domain or invitation."""
    state: str = PENDING
    reason: str | None = None
    organisation: str | None = None
    """The employer's name, where the network stands for no organisation."""
    job_role: str | None = None
    sector: str | None = None
    requested_at: datetime
    decided_at: datetime | None = None
    decided_by: UUID | None = None
    decision_reason: str | None = None
    membership_id: UUID | None = None
    version: int = 1

    def approve(
        self, *, membership_id: UUID, by: UUID | None, reason: str | None, at: datetime, way: str | None = None
    ) -> "JoinRequest":
        """way: where something else than a lead's answer let them in meanwhile."""
        self._check_pending()
        return replace(
            self,
            state=APPROVED,
            way=way or self.way,
            membership_id=membership_id,
            decided_by=by,
            decided_at=at,
            decision_reason=reason,
            version=self.version + 1,
        )

    def refuse(self, *, by: UUID, reason: str, at: datetime) -> "JoinRequest":
        self._check_pending()
        return replace(
            self, state=REFUSED, decided_by=by, decided_at=at, decision_reason=reason, version=self.version + 1
        )

    def withdraw(self, *, at: datetime) -> "JoinRequest":
        """By the applicant."""
        self._check_pending()
        return replace(self, state=WITHDRAWN, decided_at=at, version=self.version + 1)

    def let_in(self, *, membership_id: UUID, by: UUID | None) -> "JoinRequest":
        """A request that never waits: the policy, or an invitation, is the answer."""
        return replace(self, state=APPROVED, membership_id=membership_id, decided_by=by, decided_at=self.requested_at)

    def _check_pending(self) -> None:
        if self.state != PENDING:
            raise AlreadyDecided(f"This request was {self.state} on {self.decided_at:%Y-%m-%d}.")


def way_in(joining: Joining, domain: str | None) -> str:
    """How this network takes somebody: open or domain at once, approval after a lead's answer.

    domain: of the address that their sign-in vouches for; None where it vouches for none. Raises InvitationNeeded
    or WrongDomain.
    """
    name, policy = joining.network.name, joining.policy
    if policy.policy == BY_INVITATION:
        raise InvitationNeeded(
            f"{name} takes members by invitation: ask one of its leads for one, then accept it with its secret."
        )
    if policy.policy == BY_DOMAIN:
        if domain is None or domain.casefold() not in policy.domains:
            yours = f"yours is at {domain}" if domain else "your sign-in vouches for no address"
            raise WrongDomain(
                f"{name} takes members with an address at {' or '.join(policy.domains)}; {yours}."
                f" Sign in with such an address, or ask a lead of {name} for an invitation."
            )
        return DOMAIN
    return APPROVAL if policy.policy == BY_APPROVAL else OPEN


def check_may_ask(
    held: Iterable[Membership], pending: JoinRequest | None, network_id: UUID, *, name: str, today: date
) -> None:
    """Nobody asks who is there already, will be, or has asked. held: the applicant's memberships."""
    for membership in held:
        if membership.network_id == network_id and (membership.until is None or membership.until >= today):
            until = f" until {membership.until}" if membership.until else ""
            raise AlreadyMember(f"You are a member of {name} already, since {membership.since}{until}.")
    if pending is not None:
        raise AlreadyRequested(
            f"You asked to join {name} on {pending.requested_at:%Y-%m-%d}, and its leads have not answered yet:"
            " withdraw that request to ask anew."
        )


def check_needs_no_organisation(network: Network) -> None:
    """Raises OrganisationNeeded where people of other employers come together who have no network of their own."""
    if network.kind in ("national", "region"):
        raise OrganisationNeeded(
            f"Send organisation, the name of your employer: {network.name} takes those whose employer has no network."
        )


def check_has_no_network(organisation: Organisation | None) -> None:
    """organisation: the one with a network that has the employer's name. Raises JoinYourTrust where there is one."""
    if organisation is not None:
        raise JoinYourTrust(
            f"{organisation.name} has a network of its own: join that one.", network_id=str(organisation.network_id)
        )


def checked_reason(text: str | None) -> str | None:
    """Words of one side to the other; None where there are none. Raises ReasonRefused."""
    if text is None or not text.strip():
        return None
    plain = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    if len(plain) > LONGEST_REASON or not all(line.isprintable() for line in plain.split("\n")):
        raise ReasonRefused(f"a reason in words, at most {LONGEST_REASON} letters")
    return plain


def needed_reason(text: str | None) -> str:
    """The reason for a refusal, which the applicant reads."""
    reason = checked_reason(text)
    if reason is None:
        raise ReasonRefused("Say why: whoever asked reads it, and can do something about it.")
    return reason
