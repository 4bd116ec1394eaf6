"""Giving and ending grants: decided on these rows, under the locks of both persons, and told whole for each cell."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from membership_contracts import GrantHeld, GrantsHeld
from membership_service.grants import store
from membership_service.grants.model import (
    LEAD,
    Grant,
    check_may_give,
    check_nation_is_led,
    end_of,
    ends_a_national_lead,
    lost_by_leaving,
    new_grant,
)
from membership_service.networks import store as networks
from membership_service.networks.model import NATIONAL_PATH, Network, NetworkNotOpen
from membership_service.people import store as people
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing, publish_all


async def give(
    conn: Conn,
    grant_id: UUID,
    *,
    giver: UUID | None,
    person_id: UUID,
    network_id: UUID,
    role: str,
    starts_at: datetime,
    ends_at: datetime | None,
    now: datetime,
) -> Grant:
    """A role for a person. giver: whose right to give it is read again here; None for the very first lead.

    Raises NetworkNotOpen where it would be held after the network's last day.
    """
    both = [person_id] if giver is None else [person_id, giver]
    await people.lock_many(conn, both, admitted=person_id)
    await people.get(conn, person_id)
    network = await networks.hold(conn, network_id)
    _check_open(network, ends_at)
    if giver is not None:
        check_may_give(await store.held_by(conn, giver, at=now), network.path, role=role, at=now)
    held = await store.held_by(conn, person_id, at=now)
    grant = new_grant(
        id=grant_id,
        person_id=person_id,
        network_id=network.id,
        path=network.path,
        cell=network.cell,
        role=role,
        starts_at=starts_at,
        ends_at=ends_at,
        given_by=giver,
        held=held,
    )
    await store.add(conn, grant)
    await _tell(conn, person_id, [grant], now=now)
    return grant


def _check_open(network: Network, ends_at: datetime | None) -> None:
    if network.until is not None and (ends_at is None or ends_at > end_of(network.until)):
        raise NetworkNotOpen(f"{network.name} ends on {network.until}: nobody holds a role there after that day.")


async def end(conn: Conn, grant_id: UUID, *, ender: UUID, at: datetime, now: datetime) -> Grant:
    """End somebody's grant, now or later. Raises LastNationalLead where the nation would be without a lead."""
    seen = await store.get(conn, grant_id)
    await people.lock_many(conn, [seen.person_id, ender], admitted=seen.person_id)
    grant = await store.get(conn, grant_id)
    check_may_give(await store.held_by(conn, ender, at=now), grant.path, role=grant.role, at=now)
    ended = grant.end(at=at, now=now)
    await _check_nation_is_led(conn, ended.person_id, [ended], at=at)
    await store.save_ends(conn, [ended])
    await _tell(conn, ended.person_id, [ended], now=now)
    return ended


async def end_by_leaving(
    conn: Conn, person_id: UUID, *, left: str, others: Sequence[str], at: datetime, now: datetime
) -> list[Grant]:
    """End what was held through the network at `left`. The caller holds the person's row.

    others: paths of the networks that the person belongs to after `at`. Raises LastNationalLead.
    """
    held = await store.held_by(conn, person_id, at=now)
    ending = [
        grant.end(at=max(at, now), now=now)
        for grant in lost_by_leaving(held, left=left, others=others, at=max(at, now))
    ]
    if ending:
        await _check_nation_is_led(conn, person_id, ending, at=max(at, now))
        await store.save_ends(conn, ending)
        await _tell(conn, person_id, ending, now=now)
    return ending


async def check_may_be_without(conn: Conn, person_id: UUID, *, now: datetime) -> None:
    """Raises LastNationalLead where the nation would be without a lead if this person held nothing."""
    await _check_nation_is_led(conn, person_id, await store.held_by(conn, person_id, at=now), at=now)


async def end_all(conn: Conn, person_id: UUID, *, now: datetime) -> None:
    """Whatever the person holds, or will, ends now. The caller holds their row. Raises LastNationalLead."""
    held = await store.held_by(conn, person_id, at=now)
    if not held:
        return
    await _check_nation_is_led(conn, person_id, held, at=now)
    await store.save_ends(conn, [grant.end(at=now, now=now) for grant in held])
    version = await store.next_version(conn, person_id)
    nothing = GrantsHeld(version=version, person_id=person_id, grants=[])
    cells = {grant.cell: Origin(grant.cell, grant.path) for grant in held}
    await publish_all(conn, [Outgoing(nothing, origin) for origin in cells.values()])


async def left_without_lead(conn: Conn, person_id: UUID, ended: Sequence[Grant], *, at: datetime) -> list[UUID]:
    """Of the networks where these grants made the person lead, those that have no other lead from then on."""
    led = dict.fromkeys(grant.network_id for grant in ended if grant.role == LEAD)
    others = await store.leads_at(conn, list(led), besides=person_id, at=at) if led else []
    return [one for one in led if one not in {grant.network_id for grant in others}]


async def _check_nation_is_led(conn: Conn, person_id: UUID, ending: Sequence[Grant], *, at: datetime) -> None:
    if ends_a_national_lead(ending):
        await store.hold_national_leads(conn)
        national = [grant.network_id for grant in ending if grant.path == NATIONAL_PATH]
        check_nation_is_led(await store.leads_at(conn, national, besides=person_id, at=at), at=at)


async def _tell(conn: Conn, person_id: UUID, touched: Iterable[Grant], *, now: datetime) -> None:
    """All that the person holds, or will, in the cells of these grants; an empty list where nothing is left."""
    held = await store.held_by(conn, person_id, at=now)
    version = await store.next_version(conn, person_id)
    origins = {grant.cell: Origin(grant.cell, grant.path) for grant in touched}
    await publish_all(
        conn,
        [
            Outgoing(
                GrantsHeld(
                    version=version,
                    person_id=person_id,
                    grants=[_shown(grant) for grant in held if grant.cell == cell],
                ),
                origin,
            )
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
