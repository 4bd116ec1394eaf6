"""Beginning, ending, moving and describing memberships, under the lock of the person's row."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from membership_contracts import MembershipChanged, MembershipEnded, MembershipStarted
from membership_contracts.memberships import MembershipState
from membership_service.grants import actions as grants
from membership_service.grants.model import Grant, end_of
from membership_service.history import store as history
from membership_service.history.model import CHANGED, ENDED, MADE_MAIN, MOVED, STARTED, Step
from membership_service.memberships import model, store
from membership_service.memberships.model import Description, Membership
from membership_service.networks import store as networks
from membership_service.networks.model import Network
from membership_service.organisations import store as organisations
from membership_service.organisations.model import Organisation
from membership_service.people import profiles
from membership_service.people import store as people
from servicekit import clock
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing, publish_all


async def begin(
    conn: Conn,
    membership_id: UUID,
    *,
    person_id: UUID,
    network_id: UUID,
    since: date,
    until: date | None = None,
    job_role: str | None = None,
    sector: str | None = None,
    employer: Organisation | None = None,
    main: bool = False,
    by: UUID | None = None,
    now: datetime,
) -> Membership:
    """A person belongs to a network from a day on.

    employer: where the network stands for no organisation. main: in place of the one that is; the first is so anyway.
    by: the person who acts.
    """
    await people.lock(conn, person_id)
    network = await networks.hold(conn, network_id)
    held = await store.of_person(conn, person_id)
    model.check_days(since, until)
    network.check_open(since, until)
    model.check_not_a_member(held, network_id, since, until)
    begun = await _new(
        conn,
        membership_id,
        person_id,
        network,
        employer=employer,
        main=model.is_main(held, since, until),
        since=since,
        until=until,
        job_role=job_role,
        sector=sector,
    )
    await store.add_many(conn, [begun])
    swapped = model.make_main([*held, begun], begun.id) if main else []
    await store.save_many(conn, swapped)
    await _remember(conn, begun, STARTED, day=since, by=by, at=now)
    await publish_all(conn, _told(MembershipStarted, begun) + _told(MembershipChanged, *swapped))
    await profiles.announce(conn, [person_id], today=clock.london_day(now), changed=False)
    return swapped[-1] if swapped else begun


async def end(conn: Conn, membership_id: UUID, *, on: date, by: UUID | None = None, now: datetime) -> Membership:
    """A last day is recorded, which still counts; grants that were held there end with it."""
    ended, _ = await _end(conn, await store.lock(conn, membership_id), on=on, by=by, now=now)
    return ended


async def leave(
    conn: Conn, membership_id: UUID, *, person_id: UUID, on: date, now: datetime
) -> tuple[Membership, list[UUID]]:
    """A person ends a membership of their own, today at the earliest.

    Returns it with the networks that are left without a lead. Raises LastNationalLead.
    """
    membership = await store.lock(conn, membership_id)
    model.check_may_leave(membership, person_id, on=on, today=clock.london_day(now))
    ended, lost = await _end(conn, membership, on=on, by=person_id, now=now)
    return ended, await grants.left_without_lead(conn, person_id, lost, at=max(end_of(on), now))


async def end_all(conn: Conn, person_id: UUID, *, now: datetime) -> None:
    """Whatever goes on has its last day today; grants and profile are the caller's, who holds the person's row."""
    today = clock.london_day(now)
    held = await store.of_person(conn, person_id)
    ended = [m.cut_short(on=today) for m in held if m.until is None or m.until > max(today, m.since)]
    await store.save_many(conn, ended)
    for membership in ended:
        await _remember(conn, membership, ENDED, day=membership.until, by=None, at=now)
    await publish_all(conn, _told(MembershipEnded, *ended))


async def move(
    conn: Conn,
    membership_id: UUID,
    new_id: UUID,
    *,
    to: UUID,
    on: date,
    job_role: str | None = None,
    sector: str | None = None,
    employer: Organisation | None = None,
    by: UUID | None = None,
    now: datetime,
) -> Membership:
    """To another network from a day on: the old membership ends the day before, the new one is main if that was.

    job_role: None for the one held so far. sector: None for the new organisation's.
    """
    membership = await store.lock(conn, membership_id)
    network = await networks.hold(conn, to)
    held = await store.of_person(conn, membership.person_id)
    ended = model.move(membership, to=network.id, on=on)
    network.check_open(on, None)
    model.check_not_a_member(held, to, on, None)
    begun = await _new(
        conn,
        new_id,
        membership.person_id,
        network,
        employer=employer,
        main=membership.main and model.is_main([m for m in held if m.id != membership.id], on, None),
        since=on,
        until=None,
        job_role=job_role if job_role is not None else membership.description.job_role,
        sector=sector,
    )
    await store.save_many(conn, [ended])
    await store.add_many(conn, [begun])
    await _remember(conn, ended, MOVED, day=ended.until, by=by, at=now)
    await _remember(conn, begun, STARTED, day=on, by=by, at=now)
    await publish_all(conn, _told(MembershipEnded, ended) + _told(MembershipStarted, begun))
    await _leave(conn, ended, [*model.paths_beyond(held, ended, today=clock.london_day(now)), begun.path], now=now)
    await profiles.announce(conn, [ended.person_id], today=clock.london_day(now), changed=False)
    return begun


async def describe(
    conn: Conn,
    membership_id: UUID,
    *,
    job_role: str | None,
    sector: str | None,
    described_from: date,
    expected_version: int | None = None,
    by: UUID | None = None,
    now: datetime,
) -> Membership:
    """Another job role or sector from a day on, None for the one held so far; what was before that day stays told.

    expected_version: what the caller has seen. Raises PreconditionFailed where somebody was faster.
    """
    membership = await store.lock(conn, membership_id)
    membership.check_version(expected_version)
    described = membership.describe(
        job_role=membership.description.job_role if job_role is None else job_role,
        sector=membership.description.sector if sector is None else sector,
        described_from=described_from,
    )
    if described.version != membership.version:
        await store.save_many(conn, [described])
        await _remember(conn, described, CHANGED, day=described_from, by=by, at=now)
        await publish_all(conn, _told(MembershipChanged, described))
    return described


async def make_main(
    conn: Conn,
    membership_id: UUID,
    *,
    expected_version: int | None = None,
    by: UUID | None = None,
    now: datetime,
) -> Membership:
    """This membership's cell is the person's home from now on. Raises PreconditionFailed, MembershipEnded."""
    membership = await store.lock(conn, membership_id)
    membership.check_version(expected_version)
    membership.check_goes_on(today=clock.london_day(now))
    changed = model.make_main(await store.of_person(conn, membership.person_id), membership_id)
    await store.save_many(conn, changed)
    if changed:
        await _remember(conn, changed[-1], MADE_MAIN, day=None, by=by, at=now)
    await publish_all(conn, _told(MembershipChanged, *changed))
    return changed[-1] if changed else membership


def state(signal: type[MembershipState], membership: Membership) -> MembershipState:
    """The membership as it now is, as a signal says it."""
    return signal(
        version=membership.version,
        membership_id=membership.id,
        person_id=membership.person_id,
        network_id=membership.network_id,
        main=membership.main,
        since=membership.since,
        until=membership.until,
        job_role=membership.description.job_role,
        sector=membership.description.sector,
        organisation=membership.organisation_code,
        described_from=membership.description.described_from,
    )


async def _new(
    conn: Conn,
    membership_id: UUID,
    person_id: UUID,
    network: Network,
    *,
    employer: Organisation | None,
    main: bool,
    since: date,
    until: date | None,
    job_role: str | None,
    sector: str | None,
) -> Membership:
    organisation = await organisations.of_network(conn, network.id)
    if organisation is None and employer is not None:
        organisation = await organisations.keep(conn, employer)
    own_sector = organisation.sector if organisation else network.sector
    return Membership(
        id=membership_id,
        person_id=person_id,
        network_id=network.id,
        path=network.path,
        cell=network.cell,
        organisation_id=organisation.id if organisation else None,
        organisation_code=organisation.ods_code if organisation else None,
        main=main,
        since=since,
        until=until,
        description=Description(job_role=job_role, sector=sector or own_sector, described_from=since),
    )


async def _end(
    conn: Conn, membership: Membership, *, on: date, by: UUID | None, now: datetime
) -> tuple[Membership, list[Grant]]:
    """The membership as it ended, and the grants that ended with it."""
    held = await store.of_person(conn, membership.person_id)
    ended, *changed = model.settle_main(held, membership.end(on=on))
    await store.save_many(conn, [ended, *changed])
    await _remember(conn, ended, ENDED, day=on, by=by, at=now)
    for heir in changed:
        await _remember(conn, heir, MADE_MAIN, day=None, by=by, at=now)
    await publish_all(conn, _told(MembershipEnded, ended) + _told(MembershipChanged, *changed))
    lost = await _leave(conn, ended, model.paths_beyond(held, ended, today=clock.london_day(now)), now=now)
    await profiles.announce(conn, [ended.person_id], today=clock.london_day(now), changed=False)
    return ended, lost


async def _leave(conn: Conn, ended: Membership, others: Sequence[str], *, now: datetime) -> list[Grant]:
    assert ended.until is not None
    return await grants.end_by_leaving(
        conn, ended.person_id, left=ended.path, others=others, at=end_of(ended.until), now=now
    )


async def _remember(
    conn: Conn, membership: Membership, what: str, *, day: date | None, by: UUID | None, at: datetime
) -> None:
    step = Step(
        person_id=membership.person_id,
        network_id=membership.network_id,
        membership_id=membership.id,
        what=what,
        day=day,
        at=at,
        acted_by=by,
    )
    await history.add_many(conn, [step])


def _told(signal: type[MembershipState], *memberships: Membership) -> list[Outgoing]:
    return [Outgoing(state(signal, membership), Origin(membership.cell, membership.path)) for membership in memberships]
