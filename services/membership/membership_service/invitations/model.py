"""The rules of invitations: a lead's word given beforehand, good once, for a while, until it is taken back."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from servicekit.problem import Conflict, Forbidden, Gone, NotFound

SHORTEST_SECRET, LONGEST_SECRET = 20, 100
USUAL_DAYS, MOST_DAYS = 14, 90


class InvitationUnknown(NotFound):
    code = "invitation-unknown"
    title = "There is no such invitation"


class InvitationAccepted(Conflict):
    code = "invitation-accepted"
    title = "This invitation has been accepted"


class InvitationRevoked(Gone):
    code = "invitation-revoked"
    title = "This invitation was taken back"


class InvitationExpired(Gone):
    code = "invitation-expired"
    title = "This invitation has expired"


class InvitationForSomebodyElse(Forbidden):
    code = "invitation-for-somebody-else"
    title = "This invitation is for another address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Whoever brings its secret may join this network; only the secret's hash is kept."""

    id: UUID
    network_id: UUID
    path: str
    secret_hash: bytes
    email: str | None = None
    """The address that it is bound to."""
    invited_by: UUID | None
    invited_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: UUID | None = None
    accepted_at: datetime | None = None
    person_id: UUID | None = None
    """Who accepted it."""

    def state(self, at: datetime) -> str:
        """open, accepted, revoked or expired."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= at else "open"

    def check_open(self, at: datetime) -> None:
        """Raises what became of it, in words."""
        match self.state(at):
            case "accepted":
                raise InvitationAccepted("An invitation is good once: ask a lead for another.")
            case "revoked":
                raise InvitationRevoked("Whoever leads the network took this invitation back: ask them why.")
            case "expired":
                raise InvitationExpired(
                    f"It was good until {self.expires_at:%Y-%m-%d %H:%M} UTC: ask a lead for another."
                )

    def accept(self, *, person_id: UUID, address: str, at: datetime) -> "Invitation":
        """address: what the sign-in vouches for. Raises InvitationForSomebodyElse, or what became of it."""
        self.check_open(at)
        self.check_for(address)
        return replace(self, person_id=person_id, accepted_at=at)

    def check_for(self, address: str) -> None:
        """Raises InvitationForSomebodyElse where it is bound to another address."""
        if self.email is not None and self.email.casefold() != address.casefold():
            raise InvitationForSomebodyElse(
                "Sign in with the address that it was sent to, or ask a lead for one that is yours."
            )

    def revoke(self, *, by: UUID, at: datetime) -> "Invitation":
        self.check_open(at)
        return replace(self, revoked_at=at, revoked_by=by)


def expiry(at: datetime, days: int) -> datetime:
    return at + timedelta(days=days)


def secret_hash(secret: str) -> bytes:
    """What is kept of a secret. It holds 256 bits of chance, so that a plain hash cannot be guessed back."""
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise InvitationUnknown("No invitation has this secret: copy it whole, or ask a lead for another.")
    return hashlib.sha256(secret.encode()).digest()
