"""What membership promises to everybody who listens."""

from membership_contracts.agreements import AgreementEnded, AgreementMade
from membership_contracts.consents import ConsentGiven, ConsentWithdrawn
from membership_contracts.erasures import PersonErased
from membership_contracts.grants import GrantHeld, GrantsHeld
from membership_contracts.joining import JoinDecided, JoinRequested
from membership_contracts.memberships import MembershipChanged, MembershipEnded, MembershipStarted
from membership_contracts.networks import NetworkChanged, NetworkClosed, NetworkFounded
from membership_contracts.people import IdentityLinked, Profile, subject_hash
from servicekit.contract import Signal

SIGNALS: list[type[Signal]] = [
    NetworkFounded,
    NetworkChanged,
    NetworkClosed,
    MembershipStarted,
    MembershipChanged,
    MembershipEnded,
    IdentityLinked,
    Profile,
    GrantsHeld,
    AgreementMade,
    AgreementEnded,
    ConsentGiven,
    ConsentWithdrawn,
    JoinRequested,
    JoinDecided,
    PersonErased,
]

__all__ = [
    "SIGNALS",
    "AgreementEnded",
    "AgreementMade",
    "ConsentGiven",
    "ConsentWithdrawn",
    "GrantHeld",
    "GrantsHeld",
    "IdentityLinked",
    "JoinDecided",
    "JoinRequested",
    "MembershipChanged",
    "MembershipEnded",
    "MembershipStarted",
    "NetworkChanged",
    "NetworkClosed",
    "NetworkFounded",
    "PersonErased",
    "Profile",
    "subject_hash",
]
