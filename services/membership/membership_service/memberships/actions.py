"""Beginning, ending, moving and describing memberships, under the lock of the person's row."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from membership_contracts import MembershipChanged, MembershipEnded, MembershipStarted
from membership_contracts.memberships import MembershipState
from membership_service.grants import actions as grants
from membership_service.grants.model import end_of
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
    now: datetime,
) -> Membership:
    """A person belongs to a network from a day on.

    employer: where the network stands for no organisation. main: in place of the one that is; the first is so anyway.
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
    await publish_all(conn, _told(MembershipStarted, begun) + _told(MembershipChanged, *swapped))
    await profiles.announce(conn, [person_id], today=clock.london_day(now), changed=False)
    return swapped[-1] if swapped else begun


async def end(conn: Conn, membership_id: UUID, *, on: date, now: datetime) -> Membership:
    """A last day is recorded, which still counts; grants that were held there end with it."""
    membership = await store.lock(conn, membership_id)
    held = await store.of_person(conn, membership.person_id)
    ended, *changed = model.settle_main(held, membership.end(on=on))
    await store.save_many(conn, [ended, *changed])
    await publish_all(conn, _told(MembershipEnded, ended) + _told(MembershipChanged, *changed))
    await _leave(conn, ended, model.paths_beyond(held, ended, today=clock.london_day(now)), now=now)
    await profiles.announce(conn, [ended.person_id], today=clock.london_day(now), changed=False)
    return ended


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
    await publish_all(conn, _told(MembershipEnded, ended) + _told(MembershipStarted, begun))
    await _leave(conn, ended, [*model.paths_beyond(held, ended, today=clock.london_day(now)), begun.path], now=now)
    await profiles.announce(conn, [ended.person_id], today=clock.london_day(now), changed=False)
    return begun


async def describe(
    conn: Conn, membership_id: UUID, *, job_role: str | None, sector: str | None, described_from: date
) -> Membership:
    """Another job role or sector from a day on; what was before that day stays told."""
    membership = await store.lock(conn, membership_id)
    described = membership.describe(job_role=job_role, sector=sector, described_from=described_from)
    if described.version != membership.version:
        await store.save_many(conn, [described])
        await publish_all(conn, _told(MembershipChanged, described))
    return described


async def make_main(conn: Conn, membership_id: UUID) -> Membership:
    """This membership's cell is the person's home from now on."""
    membership = await store.lock(conn, membership_id)
    changed = model.make_main(await store.of_person(conn, membership.person_id), membership_id)
    await store.save_many(conn, changed)
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


async def _leave(conn: Conn, ended: Membership, others: Sequence[str], *, now: datetime) -> None:
    assert ended.until is not None
    await grants.end_by_leaving(conn, ended.person_id, left=ended.path, others=others, at=end_of(ended.until), now=now)


def _told(signal: type[MembershipState], *memberships: Membership) -> list[Outgoing]:
    return [Outgoing(state(signal, membership), Origin(membership.cell, membership.path)) for membership in memberships]
