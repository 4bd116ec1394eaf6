"""Who may do what, as docs/rights.md says it and nothing else does: every answer of the matrix is held against this."""

from dataclasses import dataclass
from enum import Enum

NATIONAL = "national"


class Verdict(Enum):
    ALLOWED = "allowed"
    NOT_SIGNED_IN = "401"
    NOBODY = "403 not-linked, or 404"
    FORBIDDEN = "403"
    HIDDEN = "404"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What a token and the registry say of whoever asks; networks are paths, `national.midlands.rwt`."""

    signed_in: bool = True
    person: str | None = None
    memberships: frozenset[str] = frozenset()
    grants: frozenset[tuple[str, str]] = frozenset()
    """Roles with the networks at which they are held."""
    is_client: bool = False
    """Signed in as itself, as partner bodies' clients are."""
    agreements: frozenset[str] = frozenset()
    """Live ones under which the caller is the partner."""

    def roles_at(self, networks: frozenset[str]) -> set[str]:
        return {role for role, held in self.grants if any(is_within(at, held) for at in networks)}

    def belongs_to(self, networks: frozenset[str]) -> bool:
        return any(is_within(own, at) for own in self.memberships for at in networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What is asked about, as far as rights go."""

    exists: bool = True
    at: tuple[frozenset[str], ...] = ()
    """The networks that are asked about: a right at any one of each set is needed."""
    about: str | None = None
    """The person whom it is about."""
    agreement: str | None = None
    shown_to: frozenset[str] = frozenset()
    """A published event's: the networks whose members its rule admits."""
    worked_by: frozenset[str] = frozenset()
    """A published event's: its network and its co-hosts."""
    role: str | None = None
    """A grant's."""


def is_within(network: str, above: str) -> bool:
    return f"{network}.".startswith(f"{above}.")


_LEADS = frozenset({"lead"})
_HOLDERS = frozenset({"lead", "organiser"})
_DOOR = frozenset({"lead", "organiser", "steward"})
_READERS = frozenset({"lead", "analyst"})
_ANSWERING = frozenset({"lead", "privacy-officer"})

_ROLES: dict[frozenset[str], str] = {
    _LEADS: """
        found-networks found-group close-group plan-network-change read-network-changes cancel-network-change
        import-people read-import read-members read-directory register-person change-person begin-membership
        end-membership move-membership give-grant end-grant make-agreement end-agreement set-joining
        read-join-requests decide-join-request invite read-invitations revoke-invitation change-membership
        read-meeting-attendance change-template announce read-announcements take-snapshot
    """,
    _ANSWERING: """
        read-person read-membership read-grants read-agreements read-membership-history read-person-history
    """,
    frozenset({"privacy-officer"}): "read-consents erase-person read-erasures read-held read-disclosures",
    _HOLDERS: """
        draft-event read-draft change-event publish-event cancel-event cancel-registration read-attendance
        make-calendar read-calendars end-calendar read-template
    """,
    _DOOR: "read-registration read-registrations check-in read-joining-link",
    _READERS: "read-report schedule-report",
    frozenset({"lead", "organiser", "analyst"}): "read-funnel",
}
_OTHERS = {
    "anyone": "read-calendar-feed follow-mail-link open-shown-report read-health",
    "signed in": "link-identity read-joining join accept-invitation read-manifest-keys",
    "person": "read-networks read-events register",
    "self": """
        read-self read-directory change-own-directory read-person change-person read-membership
        withdraw-join-request leave-network change-membership choose-main-membership read-membership-history
        read-person-history answer-consent read-consents read-registration cancel-registration read-ticket
        renew-ticket read-meeting-attendance read-joining-link make-calendar read-calendars end-calendar
        read-notifications mark-notification read-preferences change-preferences confirm-address read-exports
        read-schedules change-schedule erase-oneself read-held
    """,
    "partner": "read-stream read-subscriptions manage-subscriptions",
    "holder of any grant": "read-published-report",
}
ROLES = {action: roles for roles, actions in _ROLES.items() for action in actions.split()}
OTHERS = {action: others for others, actions in _OTHERS.items() for action in actions.split()}
ACTIONS = ROLES.keys() | OTHERS.keys()


def judge(action: str, caller: Caller, thing: Thing) -> Verdict:
    others = OTHERS.get(action)
    if others == "anyone" or (others == "signed in" and caller.signed_in):
        return Verdict.ALLOWED if thing.exists else Verdict.HIDDEN
    if not caller.signed_in:
        return Verdict.NOT_SIGNED_IN
    if others == "partner" and not caller.is_client:
        return Verdict.FORBIDDEN
    if others != "partner" and caller.person is None:
        return Verdict.NOBODY
    if others == "holder of any grant" and not caller.grants:
        return Verdict.FORBIDDEN
    if not thing.exists:
        return Verdict.HIDDEN
    return Verdict.ALLOWED if _is_meant(others, action, caller, thing) else _by_grants(action, caller, thing)


def _is_meant(others: str | None, action: str, caller: Caller, thing: Thing) -> bool:
    """By the table's last column, which asks for no grant at the network."""
    if action == "read-events" and thing.worked_by:
        return caller.belongs_to(thing.shown_to) or bool(caller.roles_at(thing.worked_by) & _DOOR)
    if action == "read-directory":
        return caller.belongs_to(thing.at[0])
    if others == "partner":
        return thing.agreement is None or thing.agreement in caller.agreements
    return others in {"person", "holder of any grant"} or (others == "self" and caller.person == thing.about)


def _by_grants(action: str, caller: Caller, thing: Thing) -> Verdict:
    """At every set of networks that is asked about, first where it is, then where it is to go."""
    for networks in thing.at:
        held = caller.roles_at(networks)
        if not held:
            return Verdict.HIDDEN
        if not held & ROLES.get(action, frozenset()):
            return Verdict.FORBIDDEN
    if thing.role == "privacy-officer" and "lead" not in caller.roles_at(frozenset({NATIONAL})):
        return Verdict.FORBIDDEN
    return Verdict.ALLOWED if thing.at else Verdict.HIDDEN
