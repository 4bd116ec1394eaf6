"""The rules of what becomes of a network: planned for a day, carried out once on it, and nothing guessed."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from membership_service.memberships.model import Description, Membership, settle_main
from membership_service.networks.model import Network
from membership_service.organisations.model import Organisation, checked_name
from servicekit.problem import Conflict, Invalid

RENAME, MOVE, CLOSURE = "rename", "move", "closure"
PENDING, APPLIED, CANCELLED, REPLACED, FAILED = "pending", "applied", "cancelled", "replaced", "failed"
ONE_DAY = timedelta(days=1)


class ChangeSettled(Conflict):
    code = "network-change-settled"
    title = "This change is no longer pending"


class AlreadyPlanned(Conflict):
    code = "network-change-planned"
    title = "The same is planned already"


class ChangeImpossible(Conflict):
    code = "network-change-impossible"
    title = "The networks as they are do not allow this change"


class ChangeUnclear(Invalid):
    code = "network-change-unclear"
    title = "It is not clear what the change would be"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What shall become of a network. day: the first of the new name or place; of a closure, the last that counts."""

    network_id: UUID
    what: str
    day: date
    name: str | None = None
    parent_id: UUID | None = None
    successor_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A wish that was planned, and what became of it."""

    id: UUID
    wish: Wish
    from_file: bool
    planned_by: UUID | None
    planned_at: datetime
    state: str = PENDING
    settled_by: UUID | None = None
    settled_at: datetime | None = None
    why: str | None = None

    @property
    def is_refused(self) -> bool:
        """Whether somebody cancelled it, or it could not be carried out: a file does not bring it back."""
        return self.state == FAILED or (self.state == CANCELLED and self.why is None)

    def settle(self, state: str, *, by: UUID | None, at: datetime, why: str | None = None) -> "Change":
        """Raises ChangeSettled where it is no longer pending."""
        if self.state != PENDING:
            raise ChangeSettled(f"This change was {self.state} at {self.settled_at:%Y-%m-%d %H:%M}.")
        return replace(self, state=state, settled_by=by, settled_at=at, why=why)


def check(wish: Wish, networks: dict[UUID, Network], *, today: date | None = None) -> None:
    """Whether a network can change like this. today: for a wish made by hand, which looks ahead.

    networks: the one concerned, those that the wish names, and those below it. Raises ChangeImpossible, ChangeUnclear.
    """
    network = networks[wish.network_id]
    if today is not None and wish.day < today:
        raise ChangeUnclear(f"day: {wish.day} is past; name today or a day to come.")
    if network.until is not None:
        raise ChangeImpossible(f"{network.name} has its last day already: {network.until}.")
    if wish.day < network.since:
        raise ChangeImpossible(f"{network.name} began on {network.since}, which is after {wish.day}.")
    if wish.what == RENAME:
        _check_rename(wish, network)
    elif wish.what == MOVE:
        _check_move(wish, network, networks)
    else:
        _check_closure(wish, network, networks)


def _check_rename(wish: Wish, network: Network) -> None:
    if wish.parent_id is not None or wish.successor_id is not None or wish.name is None:
        raise ChangeUnclear("A rename needs the new name, and nothing else.")
    if checked_name(wish.name) == network.name:
        raise ChangeImpossible(f"{network.name} is its name already.")


def _check_move(wish: Wish, network: Network, networks: dict[UUID, Network]) -> None:
    if wish.name is not None or wish.successor_id is not None or wish.parent_id is None:
        raise ChangeUnclear("A move needs the region that the trust moves to, and nothing else.")
    parent = networks[wish.parent_id]
    if network.kind != "trust" or parent.kind not in ("region", "national"):
        raise ChangeImpossible("A trust moves below a region or the national network; nothing else moves.")
    if network.path == moved_path(network, parent):
        raise ChangeImpossible(f"{network.name} is below {parent.name} already.")
    _check_nothing_below(network, networks.values())


def _check_closure(wish: Wish, network: Network, networks: dict[UUID, Network]) -> None:
    if wish.name is not None or wish.parent_id is not None:
        raise ChangeUnclear("A closure needs its last day, and the successor where there is one.")
    if network.kind not in ("trust", "group"):
        raise ChangeImpossible(f"{network.name} is the root of a cell, and stays.")
    _check_nothing_below(network, networks.values())
    if wish.successor_id is None:
        return
    successor = networks[wish.successor_id]
    if successor.id == network.id:
        raise ChangeUnclear("successor_id: a network does not succeed itself.")
    if successor.kind != network.kind:
        raise ChangeImpossible(f"A {network.kind} is succeeded by a {network.kind}; {successor.name} is none.")
    if successor.since > wish.day + ONE_DAY or (successor.until is not None and successor.until <= wish.day):
        raise ChangeImpossible(f"{successor.name} does not exist on {wish.day + ONE_DAY}, the day after the last.")


def _check_nothing_below(network: Network, networks: Iterable[Network]) -> None:
    below = [one for one in networks if one.id != network.id and network.covers(one.path) and one.until is None]
    if below:
        raise ChangeImpossible(f"{below[0].name} is below {network.name}: close or move it first.")


def moved_path(network: Network, parent: Network) -> str:
    return f"{parent.path}.{network.path.rpartition('.')[2]}"


def check_is_group(network: Network) -> None:
    if network.kind != "group":
        raise ChangeImpossible(f"{network.name} is no group: a trust closes by a change that the nation plans.")


def check_none_pending(wish: Wish, pending: Iterable[Change]) -> None:
    for change in pending:
        if (change.wish.network_id, change.wish.what) == (wish.network_id, wish.what):
            raise AlreadyPlanned(f"A {wish.what} is planned for {change.wish.day} already: cancel it first.")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a file asks for, beside what is planned already."""

    new: list[Wish]
    replaced: list[Change]
    """Pending ones whose place a new one takes."""
    withdrawn: list[Change]
    """Pending ones from an earlier file, which this one no longer asks for."""
    standing: list[Change]
    """Pending ones that this file asks for again."""
    refused: list[Change]
    """Settled ones that this file asks for again: cancelled by somebody, or failed. They are not planned again."""


def reconcile(
    wishes: Sequence[Wish], undated: Container[Wish], pending: Sequence[Change], settled: Sequence[Change]
) -> Reconciled:
    """undated: wishes that stand with any day. settled: changes that were cancelled or failed.

    A second file that says the same plans nothing.
    """
    by_place = {(change.wish.network_id, change.wish.what): change for change in pending}

    def same(change: Change, wish: Wish) -> bool:
        return change.wish == (replace(wish, day=change.wish.day) if wish in undated else wish)

    found = Reconciled([], [], [], [], [])
    wished = set()
    for wish in wishes:
        place = (wish.network_id, wish.what)
        wished.add(place)
        standing = by_place.get(place)
        refused = [change for change in settled if change.is_refused and same(change, wish)]
        if standing is not None and same(standing, wish):
            found.standing.append(standing)
        elif refused:
            found.refused.append(refused[-1])
        else:
            found.new.append(wish)
            if standing is not None:
                found.replaced.append(standing)
    found.withdrawn.extend(one for place, one in by_place.items() if one.from_file and place not in wished)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Heir:
    """Where members of a closed network go on."""

    network: Network
    organisation: Organisation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What became of one membership of a closed network."""

    ended: Membership
    begun: Membership | None
    """None where nobody succeeds, or they are a member there already."""
    changed: list[Membership]
    """Others of the person's, of which one is main from now on."""
    goes_on: bool
    """Whether they belong to the successor from the next day on."""


def carry_over(
    membership: Membership,
    held: Sequence[Membership],
    *,
    last_day: date,
    heir: Heir | None,
    usual_sector: str | None,
    new_id: UUID,
) -> Carried:
    """A membership of a network that closes: it ends on the last day, and goes on at the successor on the next.

    Whoever came after the last day is taken over on the day after they came. held: all of the person's memberships.
    usual_sector: of the closed network; a sector of the person's own stays theirs.
    """
    ended = replace(membership, until=max(last_day, membership.since), version=membership.version + 1)
    assert ended.until is not None
    first = ended.until + ONE_DAY
    there = heir is not None and any(
        one.network_id == heir.network.id and one.overlaps(first, membership.until) for one in held
    )
    if heir is None or there or (membership.until is not None and membership.until < first):
        ended, *changed = settle_main(held, ended)
        return Carried(ended=ended, begun=None, changed=changed, goes_on=there)
    organisation, description = heir.organisation, membership.description
    own_sector = description.sector if description.sector != usual_sector else None
    begun = Membership(
        id=new_id,
        person_id=membership.person_id,
        network_id=heir.network.id,
        path=heir.network.path,
        cell=heir.network.cell,
        organisation_id=organisation.id if organisation else None,
        organisation_code=organisation.ods_code if organisation else None,
        main=membership.main,
        since=first,
        until=membership.until,
        description=Description(
            job_role=description.job_role,
            sector=own_sector or (organisation.sector if organisation else heir.network.sector),
            described_from=first,
        ),
    )
    return Carried(ended=ended, begun=begun, changed=[], goes_on=True)
