"""A change of a network on its day: one transaction, with all that it means for members, grants and profiles."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import asyncpg

from membership_contracts import (
    GrantHeld,
    GrantsHeld,
    MembershipChanged,
    MembershipEnded,
    MembershipStarted,
    NetworkChanged,
    NetworkClosed,
)
from membership_service.changes import actions, model, store
from membership_service.changes.model import APPLIED, FAILED, MOVE, ONE_DAY, RENAME, Carried, Change, Heir
from membership_service.grants import store as grants
from membership_service.grants.model import Grant, end_of, lost_by_leaving
from membership_service.history import store as history
from membership_service.history.model import ENDED, MADE_MAIN, MOVED, STARTED, Step
from membership_service.memberships import store as memberships
from membership_service.memberships.actions import state as membership_state
from membership_service.memberships.model import Membership, paths_beyond
from membership_service.networks import store as networks
from membership_service.networks.actions import state as network_state
from membership_service.networks.model import NATIONAL_PATH, Network
from membership_service.organisations import store as organisations
from membership_service.people import profiles
from servicekit import clock
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing, publish_all
from servicekit.problem import Problem


class Overtaken(Exception):
    """Somebody came, or was given a role, while the people concerned were being held: the same again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """When a change is carried out, and where new ids come from."""

    now: datetime
    draw_id: Callable[[], UUID]

    @property
    def today(self) -> date:
        return clock.london_day(self.now)


async def next_due(conn: Conn, hour: Hour) -> Change | None:
    """Carry out the earliest change that is due; None where none is.

    What the networks no longer allow fails, and says why: the changes after it go on. Raises Overtaken.
    """
    await networks.hold_founding(conn)
    change = await store.next_due(conn, on=hour.today)
    if change is None:
        return None
    try:
        async with conn.transaction():
            await _carry_out(conn, change, hour)
        settled = change.settle(APPLIED, by=None, at=hour.now)
    except Problem as refusal:
        settled = change.settle(FAILED, by=None, at=hour.now, why=refusal.detail)
    except asyncpg.IntegrityConstraintViolationError as trouble:
        settled = change.settle(FAILED, by=None, at=hour.now, why=f"the database refused it: {type(trouble).__name__}")
    await store.save_settled(conn, [settled])
    return settled


async def _carry_out(conn: Conn, change: Change, hour: Hour) -> None:
    wish = change.wish
    if wish.what == RENAME:
        await networks.lock(conn, wish.network_id)
        model.check(wish, await actions.concerned(conn, wish))
        await _rename(conn, change)
        return
    beyond = wish.day - ONE_DAY if wish.what == MOVE else wish.day
    people = await store.lock_people(conn, wish.network_id, beyond=beyond, now=hour.now)
    await store.lock_networks(conn, [one for one in (wish.network_id, wish.successor_id) if one is not None])
    if await store.people_concerned(conn, wish.network_id, beyond=beyond, now=hour.now) - people:
        raise Overtaken
    model.check(wish, await actions.concerned(conn, wish))
    if wish.what == MOVE:
        await _move(conn, change, people, hour)
    else:
        await _close(conn, change, people, hour)
    await profiles.announce(conn, sorted(people), today=hour.today, changed=False)


async def _rename(conn: Conn, change: Change) -> None:
    wish = change.wish
    assert wish.name is not None
    network = await networks.get(conn, wish.network_id)
    named = replace(network, name=wish.name, version=network.version + 1)
    await networks.save_many(conn, [named], described_from=[wish.day])
    await organisations.rename(conn, wish.network_id, wish.name, former=network.name, named_from=wish.day)
    await publish_all(conn, [Outgoing(network_state(NetworkChanged, named), Origin(named.cell, named.path))])


async def _move(conn: Conn, change: Change, people: set[UUID], hour: Hour) -> None:
    """Another place in the tree, perhaps another cell: there everything is told that holds from now on."""
    wish = change.wish
    assert wish.parent_id is not None
    found = await networks.get_many(conn, [wish.network_id, wish.parent_id])
    before, parent = found[wish.network_id], found[wish.parent_id]
    moved = replace(before, path=model.moved_path(before, parent), cell=parent.cell, version=before.version + 1)
    await networks.save_many(conn, [moved], described_from=[wish.day])
    told: list[Outgoing] = [Outgoing(network_state(NetworkChanged, moved), Origin(moved.cell, moved.path))]
    if moved.cell != before.cell:
        told.append(Outgoing(network_state(NetworkChanged, moved), Origin(before.cell, moved.path)))
    held = await memberships.of_people(conn, sorted(people))
    carried = [
        replace(one, version=one.version + 1)
        for one in _going_on(held, wish.network_id, beyond=wish.day - ONE_DAY)
        if moved.cell != before.cell
    ]
    await memberships.save_many(conn, carried)
    told += [Outgoing(membership_state(MembershipChanged, one), Origin(moved.cell, moved.path)) for one in carried]
    await publish_all(conn, told)
    if moved.cell != before.cell:
        origins = {one.cell: Origin(one.cell, one.path) for one in (before, moved)}
        all_held = await store.grants_of(conn, sorted(people), at=hour.now)
        there = [one for one, theirs in all_held.items() if any(g.network_id == moved.id for g in theirs)]
        await _tell_grants(conn, dict.fromkeys(there, origins), hour)


async def _close(conn: Conn, change: Change, people: set[UUID], hour: Hour) -> None:
    wish = change.wish
    network = await networks.get(conn, wish.network_id)
    closed = replace(network, until=wish.day, successor_id=wish.successor_id, version=network.version + 1)
    await networks.save_many(conn, [closed], described_from=[max(wish.day, network.since)])
    its_own = await organisations.of_network(conn, network.id)
    heir = await _heir(conn, wish.successor_id)
    await organisations.close(conn, network.id, until=wish.day, successor_code=heir.network.ods_code if heir else None)
    held = await memberships.of_people(conn, sorted(people))
    carried = _carried(
        held, network, wish.day, heir, usual_sector=its_own.sector if its_own else network.sector, hour=hour
    )
    await memberships.save_many(conn, [m for one in carried for m in (one.ended, *one.changed)])
    await memberships.add_many(conn, [one.begun for one in carried if one.begun is not None])
    await history.add_many(conn, [step for one in carried for step in _steps(one, at=hour.now)])
    told = [Outgoing(network_state(NetworkClosed, closed), Origin(closed.cell, closed.path))]
    await publish_all(conn, told + [signal for one in carried for signal in _told(one)])
    await _end_grants(conn, closed, held, carried, hour)


async def _heir(conn: Conn, successor_id: UUID | None) -> Heir | None:
    if successor_id is None:
        return None
    network = await networks.get(conn, successor_id)
    return Heir(network=network, organisation=await organisations.of_network(conn, network.id))


def _going_on(held: Mapping[UUID, Sequence[Membership]], network_id: UUID, *, beyond: date) -> list[Membership]:
    return [
        one
        for theirs in held.values()
        for one in theirs
        if one.network_id == network_id and (one.until is None or one.until > beyond)
    ]


def _carried(
    held: Mapping[UUID, list[Membership]],
    network: Network,
    last_day: date,
    heir: Heir | None,
    *,
    usual_sector: str | None,
    hour: Hour,
) -> list[Carried]:
    return [
        model.carry_over(
            one,
            held[one.person_id],
            last_day=last_day,
            heir=heir,
            usual_sector=usual_sector,
            new_id=hour.draw_id(),
        )
        for one in _going_on(held, network.id, beyond=last_day)
    ]


def _steps(carried: Carried, *, at: datetime) -> Iterable[Step]:
    def step(membership: Membership, what: str, day: date | None) -> Step:
        return Step(
            person_id=membership.person_id,
            network_id=membership.network_id,
            membership_id=membership.id,
            what=what,
            day=day,
            at=at,
            acted_by=None,
        )

    yield step(carried.ended, MOVED if carried.goes_on else ENDED, carried.ended.until)
    if carried.begun is not None:
        yield step(carried.begun, STARTED, carried.begun.since)
    for heir in carried.changed:
        yield step(heir, MADE_MAIN, None)


def _told(carried: Carried) -> Iterable[Outgoing]:
    yield Outgoing(membership_state(MembershipEnded, carried.ended), Origin(carried.ended.cell, carried.ended.path))
    if carried.begun is not None:
        begun = carried.begun
        yield Outgoing(membership_state(MembershipStarted, begun), Origin(begun.cell, begun.path))
    for heir in carried.changed:
        yield Outgoing(membership_state(MembershipChanged, heir), Origin(heir.cell, heir.path))


async def _end_grants(
    conn: Conn,
    closed: Network,
    held: Mapping[UUID, Sequence[Membership]],
    carried: Sequence[Carried],
    hour: Hour,
) -> None:
    """What was held at the closed network ends with its last day, as does what people held by belonging to it.

    A role at the national network stays: no closure leaves the nation without a lead.
    """
    at = max(end_of(closed.until or hour.today), hour.now)
    everything = await store.grants_of(conn, sorted(held.keys() | await _holders(conn, closed, hour)), at=hour.now)
    leaving = {one.ended.person_id: one for one in carried}
    ending: list[Grant] = []
    for person_id, theirs in everything.items():
        lost = {grant.id: grant for grant in theirs if grant.network_id == closed.id and not grant.is_over(at)}
        if person_id in leaving:
            one = leaving[person_id]
            others = paths_beyond(held[person_id], one.ended, today=hour.today)
            others += [one.begun.path] if one.begun else []
            lost |= {g.id: g for g in lost_by_leaving(theirs, left=closed.path, others=others, at=at)}
        ending += [grant.end(at=at, now=hour.now) for grant in lost.values() if grant.path != NATIONAL_PATH]
    await grants.save_ends(conn, ending)
    origins: dict[UUID, dict[str, Origin]] = {}
    for grant in ending:
        origins.setdefault(grant.person_id, {})[grant.cell] = Origin(grant.cell, grant.path)
    await _tell_grants(conn, origins, hour)


async def _holders(conn: Conn, closed: Network, hour: Hour) -> set[UUID]:
    return await store.people_concerned(conn, closed.id, beyond=date.max, now=hour.now)


async def _tell_grants(conn: Conn, cells: Mapping[UUID, Mapping[str, Origin]], hour: Hour) -> None:
    """All that each person holds, or will, in each of these cells; an empty list where nothing is left."""
    held = await store.grants_of(conn, list(cells), at=hour.now)
    versions = await store.next_grants_versions(conn, list(cells))
    await publish_all(
        conn,
        [
            Outgoing(
                GrantsHeld(
                    version=versions[person_id],
                    person_id=person_id,
                    grants=[_shown(grant) for grant in held[person_id] if grant.cell == cell],
                ),
                origin,
            )
            for person_id, origins in cells.items()
            for cell, origin in origins.items()
        ],
    )


def _shown(grant: Grant) -> GrantHeld:
    return GrantHeld(
        grant_id=grant.id,
        role=grant.role,
        network_id=grant.network_id,
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
    )
