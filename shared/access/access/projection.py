"""What access keeps of membership's signals; grants are read apart, since they must never wait behind anything."""

from collections.abc import Sequence
from datetime import datetime

from access import store
from access.held import HELD
from membership_contracts import (
    GrantsHeld,
    IdentityLinked,
    MembershipChanged,
    MembershipEnded,
    MembershipStarted,
    NetworkChanged,
    NetworkClosed,
    NetworkFounded,
    PersonErased,
)
from membership_contracts.memberships import MembershipState
from membership_contracts.networks import NetworkState
from servicekit import clock
from servicekit.cells import NATIONAL
from servicekit.consumers import Consumer, Delivery, projects, projects_many
from servicekit.database import Conn
from servicekit.subjects import erased, forget, write_down


async def keep_networks(conn: Conn, deliveries: Sequence[Delivery[NetworkState]]) -> None:
    await store.keep_networks(conn, [delivery.data for delivery in deliveries])


async def keep_memberships(conn: Conn, deliveries: Sequence[Delivery[MembershipState]]) -> None:
    await store.keep_memberships(conn, [delivery.data for delivery in deliveries])


async def keep_identities(conn: Conn, deliveries: Sequence[Delivery[IdentityLinked]]) -> None:
    gone = await erased(conn, {delivery.data.person_id for delivery in deliveries})
    await store.keep_identities(conn, [one.data for one in deliveries if one.data.person_id not in gone])


async def forget_person(conn: Conn, told: Delivery[PersonErased]) -> None:
    """Whoever was erased signs in as nobody from now on; what was answered to them is answered to nobody again.

    It is told on every cell; the national one is read everywhere, and it is there that sign-ins are told of.
    """
    if told.cell == NATIONAL:
        await write_down(conn, told.data.person_id, at=told.data.at)
        await forget(conn, HELD, told.data.person_id)


async def keep_grants(conn: Conn, held: Delivery[GrantsHeld]) -> None:
    await store.keep_grants(conn, held.cell, held.data)


async def keep_heartbeats(conn: Conn, beats: dict[str, datetime]) -> None:
    """One from a clock that is ahead of ours counts from now on, not from an instant that is still to come."""
    now = clock.now()
    await store.keep_heartbeats(conn, {cell: min(at, now) for cell, at in beats.items()}, now=now)


GRANTS = Consumer(
    name="grants",
    projection="grants",
    subscriptions=[projects(GrantsHeld, keep_grants)],
    parks=False,
    heartbeat=keep_heartbeats,
)

FACTS = Consumer(
    name="access",
    projection="access",
    subscriptions=[
        projects_many(NetworkFounded, keep_networks),
        projects_many(NetworkChanged, keep_networks),
        projects_many(NetworkClosed, keep_networks),
        projects_many(MembershipStarted, keep_memberships),
        projects_many(MembershipChanged, keep_memberships),
        projects_many(MembershipEnded, keep_memberships),
        projects_many(IdentityLinked, keep_identities),
        projects(PersonErased, forget_person),
    ],
)

ACCESS = [GRANTS, FACTS]
"""Every service lists these two first."""
