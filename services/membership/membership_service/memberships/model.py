"""The rules of membership. Pure: no I/O, no clock, no framework."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from servicekit.problem import Conflict, Invalid, NothingHere, PreconditionFailed

ONE_DAY = timedelta(days=1)


class MembershipEnded(Conflict):
    code = "membership-ended"


class AlreadyMember(Conflict):
    code = "already-member"


class DatesOutOfOrder(Invalid):
    code = "dates-out-of-order"


class AlreadyThere(Conflict):
    code = "already-there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a member is, from a day on."""

    job_role: str | None
    sector: str | None
    described_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A person's belonging to one network. `description` is the latest; earlier ones are kept beside it."""

    id: UUID
    person_id: UUID
    network_id: UUID
    path: str
    cell: str
    organisation_id: UUID | None = None
    organisation_code: str | None = None
    main: bool
    since: date
    until: date | None = None
    description: Description
    version: int = 1

    def end(self, *, on: date) -> "Membership":
        """End on the given day, which still counts."""
        if self.until is not None:
            raise MembershipEnded(f"This membership has its last day already: {self.until}.")
        if on < self.since:
            raise DatesOutOfOrder(f"It began on {self.since}: its last day cannot be {on}.")
        return replace(self, until=on, version=self.version + 1)

    def cut_short(self, *, on: date) -> "Membership":
        """End on the given day whatever had been said; one that has not begun by then lasts its first day alone."""
        return replace(self, until=max(on, self.since), version=self.version + 1)

    def check_version(self, expected: int | None) -> None:
        """Raises PreconditionFailed where somebody changed this membership meanwhile."""
        if expected is not None and expected != self.version:
            raise PreconditionFailed(
                f"You have changed version {expected}, but version {self.version} is there by now: read it again.",
                version=self.version,
            )

    def check_goes_on(self, *, today: date) -> None:
        """Raises MembershipEnded where its last day has passed."""
        if self.until is not None and self.until < today:
            raise MembershipEnded(f"The last day of this membership was {self.until}.")

    def describe(self, *, job_role: str | None, sector: str | None, described_from: date) -> "Membership":
        """Another job role or sector from a day on; the same version where nothing differs."""
        if described_from < self.description.described_from:
            raise DatesOutOfOrder(
                f"What this person is has been told from {self.description.described_from} on;"
                f" {described_from} is before that."
            )
        if self.until is not None and described_from > self.until:
            raise DatesOutOfOrder(f"The last day of this membership is {self.until}.")
        if (job_role, sector) == (self.description.job_role, self.description.sector):
            return self
        description = Description(job_role=job_role, sector=sector, described_from=described_from)
        return replace(self, description=description, version=self.version + 1)

    def as_main(self, main: bool) -> "Membership":
        return self if main == self.main else replace(self, main=main, version=self.version + 1)

    def overlaps(self, since: date, until: date | None) -> bool:
        return (self.until is None or since <= self.until) and (until is None or self.since <= until)

    def counts_on(self, day: date) -> bool:
        return self.overlaps(day, day)


def check_days(since: date, until: date | None) -> None:
    if until is not None and until < since:
        raise DatesOutOfOrder(f"It would end on {until}, before it begins on {since}.")


def check_may_leave(membership: Membership, person_id: UUID, *, on: date, today: date) -> None:
    """Whoever leaves ends a membership of their own, today at the earliest."""
    if membership.person_id != person_id:
        raise NothingHere
    if on < today:
        raise DatesOutOfOrder(f"You were a member until today: your last day can be {today} or later, not {on}.")


def check_not_a_member(held: Iterable[Membership], network_id: UUID, since: date, until: date | None) -> None:
    """No person belongs to one network twice on one day."""
    for membership in held:
        if membership.network_id == network_id and membership.overlaps(since, until):
            days = f"since {membership.since}" + (f" until {membership.until}" if membership.until else "")
            raise AlreadyMember(f"This person is a member there already, {days}.")


def is_main(held: Iterable[Membership], since: date, until: date | None) -> bool:
    """Whether a new membership is the main one: the first is, and whatever overlaps no main one."""
    return not any(membership.main and membership.overlaps(since, until) for membership in held)


def settle_main(held: Iterable[Membership], ended: Membership) -> list[Membership]:
    """Who is main once one has ended: of the others that go on beyond it, the one that began first.

    Returns what changed, the ended one first. A person's home never rests on a membership that is over while
    another goes on.
    """
    others = [m for m in held if m.id != ended.id]
    going_on = [m for m in others if m.until is None or (ended.until is not None and m.until > ended.until)]
    if not ended.main or not going_on:
        return [ended]
    heir = min(going_on, key=lambda m: (m.since, m.id))
    if any(m.main and m.id != heir.id and m.overlaps(heir.since, heir.until) for m in others):
        return [ended]
    return [replace(ended, main=False), heir.as_main(True)]


def make_main(held: Iterable[Membership], chosen: UUID) -> list[Membership]:
    """One membership in place of whichever was main in its time. Returns what changed, the chosen one last."""
    found = list(held)
    heir = next(m for m in found if m.id == chosen)
    if heir.main:
        return []
    rivals = [m for m in found if m.main and m.overlaps(heir.since, heir.until)]
    return [*(m.as_main(False) for m in rivals), heir.as_main(True)]


def move(old: Membership, *, to: UUID, on: date) -> Membership:
    """The old membership as it is left by a move to another network: it ends the day before."""
    if to == old.network_id:
        raise AlreadyThere("This person is a member of that network already.")
    if on <= old.since:
        raise DatesOutOfOrder(f"It began on {old.since}: a move can be the day after at the earliest, not {on}.")
    return old.end(on=on - ONE_DAY)


def paths_beyond(held: Sequence[Membership], ended: Membership, *, today: date) -> list[str]:
    """Paths of the networks that the person belongs to by other memberships, once this one is over."""
    over = max(ended.until or today, today - ONE_DAY)
    return [m.path for m in held if m.id != ended.id and (m.until is None or m.until > over)]
