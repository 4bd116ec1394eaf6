"""Who may do what, as docs/rights.md says it: deny by default, a grant counts at its network and below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from access.principal import HeldGrant, Principal
from servicekit.cells import NATIONAL
from servicekit.problem import Forbidden, NothingHere, Unavailable

LEAD, ORGANISER, STEWARD, ANALYST, PRIVACY_OFFICER = "lead", "organiser", "steward", "analyst", "privacy-officer"
ROLES = (LEAD, ORGANISER, STEWARD, ANALYST, PRIVACY_OFFICER)

HOLDS = {
    LEAD: frozenset({LEAD, ORGANISER, STEWARD, ANALYST}),
    ORGANISER: frozenset({ORGANISER}),
    STEWARD: frozenset({STEWARD}),
    ANALYST: frozenset({ANALYST}),
    PRIVACY_OFFICER: frozenset({PRIVACY_OFFICER}),
}
"""A role to the roles that it includes. Nobody grants what they do not hold, and only a lead grants at all."""


@dataclass(frozen=True, slots=True)
class Right:
    """One row of docs/rights.md."""

    roles: frozenset[str]
    others: str = ""
    """self, person, partner, signed in, holder of any grant, anyone; or nothing."""


def _right(*roles: str, others: str = "") -> Right:
    return Right(frozenset(roles), others)


RIGHTS: dict[str, Right] = {
    "link-identity": _right(others="signed in"),
    "read-self": _right(others="self"),
    "read-networks": _right(others="person"),
    "found-networks": _right(LEAD),
    "found-group": _right(LEAD),
    "close-group": _right(LEAD),
    "plan-network-change": _right(LEAD),
    "read-network-changes": _right(LEAD),
    "cancel-network-change": _right(LEAD),
    "import-people": _right(LEAD),
    "read-import": _right(LEAD),
    "read-members": _right(LEAD),
    "read-directory": _right(LEAD, others="self"),
    "change-own-directory": _right(others="self"),
    "register-person": _right(LEAD),
    "read-person": _right(LEAD, PRIVACY_OFFICER, others="self"),
    "change-person": _right(LEAD, others="self"),
    "begin-membership": _right(LEAD),
    "read-membership": _right(LEAD, PRIVACY_OFFICER, others="self"),
    "end-membership": _right(LEAD),
    "move-membership": _right(LEAD),
    "give-grant": _right(LEAD),
    "end-grant": _right(LEAD),
    "read-grants": _right(LEAD, PRIVACY_OFFICER),
    "make-agreement": _right(LEAD),
    "end-agreement": _right(LEAD),
    "read-agreements": _right(LEAD, PRIVACY_OFFICER),
    "read-joining": _right(others="signed in"),
    "set-joining": _right(LEAD),
    "join": _right(others="signed in"),
    "accept-invitation": _right(others="signed in"),
    "read-join-requests": _right(LEAD),
    "decide-join-request": _right(LEAD),
    "withdraw-join-request": _right(others="self"),
    "invite": _right(LEAD),
    "read-invitations": _right(LEAD),
    "revoke-invitation": _right(LEAD),
    "leave-network": _right(others="self"),
    "change-membership": _right(LEAD, others="self"),
    "choose-main-membership": _right(others="self"),
    "read-membership-history": _right(LEAD, PRIVACY_OFFICER, others="self"),
    "read-person-history": _right(LEAD, PRIVACY_OFFICER, others="self"),
    "answer-consent": _right(others="self"),
    "read-consents": _right(PRIVACY_OFFICER, others="self"),
    "erase-oneself": _right(others="self"),
    "erase-person": _right(PRIVACY_OFFICER),
    "read-erasures": _right(PRIVACY_OFFICER),
    "read-held": _right(PRIVACY_OFFICER, others="self"),
    "read-events": _right(others="person"),
    "draft-event": _right(LEAD, ORGANISER),
    "read-draft": _right(LEAD, ORGANISER),
    "change-event": _right(LEAD, ORGANISER),
    "publish-event": _right(LEAD, ORGANISER),
    "cancel-event": _right(LEAD, ORGANISER),
    "register": _right(others="person"),
    "read-registration": _right(LEAD, ORGANISER, STEWARD, others="self"),
    "cancel-registration": _right(LEAD, ORGANISER, others="self"),
    "read-registrations": _right(LEAD, ORGANISER, STEWARD),
    "check-in": _right(LEAD, ORGANISER, STEWARD),
    "read-ticket": _right(others="self"),
    "renew-ticket": _right(others="self"),
    "read-attendance": _right(LEAD, ORGANISER),
    "read-meeting-attendance": _right(LEAD, others="self"),
    "read-joining-link": _right(LEAD, ORGANISER, STEWARD, others="self"),
    "make-calendar": _right(LEAD, ORGANISER, others="self"),
    "read-calendars": _right(LEAD, ORGANISER, others="self"),
    "end-calendar": _right(LEAD, ORGANISER, others="self"),
    "read-calendar-feed": _right(others="anyone"),
    "read-notifications": _right(others="self"),
    "mark-notification": _right(others="self"),
    "read-preferences": _right(others="self"),
    "change-preferences": _right(others="self"),
    "confirm-address": _right(others="self"),
    "follow-mail-link": _right(others="anyone"),
    "read-template": _right(LEAD, ORGANISER),
    "change-template": _right(LEAD),
    "announce": _right(LEAD),
    "read-announcements": _right(LEAD),
    "read-stream": _right(others="partner"),
    "read-manifest-keys": _right(others="signed in"),
    "read-subscriptions": _right(others="partner"),
    "manage-subscriptions": _right(others="partner"),
    "read-disclosures": _right(PRIVACY_OFFICER),
    "read-report": _right(LEAD, ANALYST),
    "read-published-report": _right(others="holder of any grant"),
    "read-funnel": _right(LEAD, ORGANISER, ANALYST),
    "take-snapshot": _right(LEAD),
    "read-exports": _right(others="self"),
    "schedule-report": _right(LEAD, ANALYST),
    "read-schedules": _right(others="self"),
    "change-schedule": _right(others="self"),
    "open-shown-report": _right(others="anyone"),
    "read-health": _right(others="anyone"),
}


class NotLinked(Forbidden):
    code = "not-linked"
    title = "You have not joined yet"


class AccessStale(Unavailable):
    code = "access-stale"
    title = "Who may do what is not known well enough just now"


def covers(grant: HeldGrant, path: str) -> bool:
    """Whether the network at this path is the grant's, or below it."""
    return path == grant.path or path.startswith(grant.path + ".")


def allows(principal: Principal, action: str, path: str) -> bool:
    """Whether a grant lets the principal do this at the network with this path."""
    roles = RIGHTS[action].roles
    return any(grant.role in roles and covers(grant, path) for grant in principal.grants)


def above_all(paths: Sequence[str]) -> str:
    """The lowest network at or above all of these; the national one where there are none."""
    levels = zip(*(path.split(".") for path in paths), strict=False)
    shared = [names[0] for names in takewhile(lambda names: len(set(names)) == 1, levels)]
    return ".".join(shared) or NATIONAL


def in_scope(principal: Principal, path: str) -> bool:
    """Whether the principal holds any grant at this network or above."""
    return any(covers(grant, path) for grant in principal.grants)


def may_give(principal: Principal, role: str, path: str) -> bool:
    """Whether the principal may give this role at the network: the national lead alone appoints privacy officers."""
    if role == PRIVACY_OFFICER:
        return any(grant.role == LEAD and grant.path == NATIONAL for grant in principal.grants)
    return any(role in HOLDS.get(grant.role, ()) and covers(grant, path) for grant in principal.grants)


@dataclass(frozen=True, slots=True)
class Freshness:
    """Up to when the grants of a cell are known."""

    now: datetime
    bound: timedelta

    def stale(self, principal: Principal, cells: Iterable[str]) -> bool:
        """Also where a heartbeat is far ahead: then a clock is wrong, and nobody can tell how old it is."""
        beats = [principal.heartbeats.get(cell) for cell in cells]
        return any(at is None or abs(self.now - at) > self.bound for at in beats)


def decide(
    principal: Principal,
    action: str,
    path: str,
    *,
    cells: Iterable[str],
    freshness: Freshness,
    owner: Any = None,
) -> None:
    """Return where the principal may do this at the network; raise the refusal that docs/rights.md names otherwise.

    cells: those whose grants decide, the network's own and the national one. owner: the person the thing is about.
    """
    if principal.person_id is None:
        refuse_unlinked(principal)
    if RIGHTS[action].others == "self" and owner is not None and owner == principal.person_id:
        return
    if freshness.stale(principal, cells):
        raise AccessStale("Rights cannot be decided at the moment; try again shortly.", retry_after=5)
    if allows(principal, action, path):
        return
    if in_scope(principal, path):
        raise Forbidden(f"Your role here does not include {action.replace('-', ' ')}.")
    raise NothingHere


def refuse_unlinked(principal: Principal) -> None:
    raise NotLinked("Your sign-in is not linked to a person yet: POST /api/v1/me/link first, or join a network.")
