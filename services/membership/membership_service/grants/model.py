"""The rules of grants: nobody grants what they do not hold, and leaving a network ends what was held there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from membership_service.networks.model import NATIONAL_PATH
from servicekit.problem import Conflict, Forbidden, Invalid

LEAD, ORGANISER, STEWARD, ANALYST, PRIVACY_OFFICER = "lead", "organiser", "steward", "analyst", "privacy-officer"
ROLES = (LEAD, ORGANISER, STEWARD, ANALYST, PRIVACY_OFFICER)

LONDON = ZoneInfo("Europe/London")


class GrantEnded(Conflict):
    code = "grant-ended"


class AlreadyHeld(Conflict):
    code = "already-held"


class NotYoursToGive(Forbidden):
    code = "not-yours-to-give"
    title = "Nobody grants what they do not hold"


class LastNationalLead(Conflict):
    code = "last-national-lead"
    title = "The nation would be without a lead"


class InstantsOutOfOrder(Invalid):
    code = "instants-out-of-order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role at a network and all below it, from an instant up to another."""

    id: UUID
    person_id: UUID
    network_id: UUID
    path: str
    cell: str
    role: str
    starts_at: datetime
    ends_at: datetime | None = None
    given_by: UUID | None = None

    def is_over(self, at: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= at

    def counts(self, at: datetime) -> bool:
        return self.starts_at <= at and not self.is_over(at)

    def covers(self, path: str) -> bool:
        return path == self.path or path.startswith(self.path + ".")

    def end(self, *, at: datetime, now: datetime) -> "Grant":
        """End at an instant, now at the earliest; one that has not begun never counts."""
        if self.is_over(now):
            raise GrantEnded(f"This grant ended at {self.ends_at:%Y-%m-%d %H:%M}.")
        if at < now:
            raise InstantsOutOfOrder("A grant ends now or later: what was allowed until now was allowed.")
        return replace(self, ends_at=max(at, self.starts_at))


def new_grant(
    *,
    id: UUID,
    person_id: UUID,
    network_id: UUID,
    path: str,
    cell: str,
    role: str,
    starts_at: datetime,
    ends_at: datetime | None,
    given_by: UUID | None,
    held: Sequence[Grant],
) -> Grant:
    """held: what the person holds already."""
    if ends_at is not None and ends_at <= starts_at:
        raise InstantsOutOfOrder(f"It would end at {ends_at:%Y-%m-%d %H:%M}, before it begins.")
    for grant in held:
        same = grant.role == role and grant.network_id == network_id
        if same and not grant.is_over(starts_at) and (ends_at is None or grant.starts_at < ends_at):
            raise AlreadyHeld(f"This person is {role} there already, in that time.")
    return Grant(
        id=id,
        person_id=person_id,
        network_id=network_id,
        path=path,
        cell=cell,
        role=role,
        starts_at=starts_at,
        ends_at=ends_at,
        given_by=given_by,
    )


def check_may_give(givers: Iterable[Grant], path: str, *, role: str, at: datetime) -> None:
    """Whoever gives is lead there or above at this instant: a lead holds every other role as well, but for one.

    Privacy officers look after people against leads too: the national lead alone appoints them.
    """
    leads = [grant for grant in givers if grant.role == LEAD and grant.counts(at)]
    if role == PRIVACY_OFFICER:
        if not any(grant.path == NATIONAL_PATH for grant in leads):
            raise NotYoursToGive("The national lead alone appoints privacy officers, and takes that role back.")
    elif not any(grant.covers(path) for grant in leads):
        raise NotYoursToGive("Only who is lead at this network, or above it, gives and ends grants here.")


def ends_a_national_lead(ending: Iterable[Grant]) -> bool:
    return any(grant.role == LEAD and grant.path == NATIONAL_PATH for grant in ending)


def check_nation_is_led(others: Iterable[Grant], *, at: datetime) -> None:
    """others: what other people hold at the national network. Raises LastNationalLead where none is lead by then."""
    if not any(grant.role == LEAD and grant.counts(at) for grant in others):
        raise LastNationalLead("Nobody else would be national lead: make somebody else national lead first.")


def lost_by_leaving(held: Iterable[Grant], *, left: str, others: Sequence[str], at: datetime) -> list[Grant]:
    """Grants that end because their holder leaves the network at `left`.

    others: paths of the networks to which the person belongs all the same. Whoever leaves a network leaves those
    above it too, unless they belong there by another membership; a grant below it goes unless another reaches it.
    """
    return [grant for grant in held if not grant.is_over(at) and _is_left(grant.path, left, others)]


def _is_left(path: str, left: str, others: Sequence[str]) -> bool:
    if _within(left, path):
        return not any(_within(other, path) for other in others)
    if _within(path, left):
        return not any(_within(other, path) or _within(path, other) for other in others)
    return False


def _within(one: str, other: str) -> bool:
    return one == other or one.startswith(other + ".")


def end_of(day: date) -> datetime:
    """The instant at which a day in Europe/London is over."""
    return datetime.combine(day + timedelta(days=1), time(), LONDON)
