"""What access keeps of membership's signals; grants are read apart, since they must never wait behind anything."""

from collections.abc import Sequence
from datetime import datetime

from access import store
from membership_contracts import (
    GrantsHeld,
    IdentityLinked,
    MembershipChanged,
    MembershipEnded,
    MembershipStarted,
    NetworkChanged,
    NetworkClosed,
    NetworkFounded,
)
from membership_contracts.memberships import MembershipState
from membership_contracts.networks import NetworkState
from servicekit.consumers import Consumer, Delivery, projects, projects_many
from servicekit.database import Conn


async def keep_networks(conn: Conn, deliveries: Sequence[Delivery[NetworkState]]) -> None:
    await store.keep_networks(conn, [delivery.data for delivery in deliveries])


async def keep_memberships(conn: Conn, deliveries: Sequence[Delivery[MembershipState]]) -> None:
    await store.keep_memberships(conn, [delivery.data for delivery in deliveries])


async def keep_identities(conn: Conn, deliveries: Sequence[Delivery[IdentityLinked]]) -> None:
    await store.keep_identities(conn, [delivery.data for delivery in deliveries])


async def keep_grants(conn: Conn, held: Delivery[GrantsHeld]) -> None:
    await store.keep_grants(conn, held.cell, held.data)


async def keep_heartbeats(conn: Conn, beats: dict[str, datetime]) -> None:
    await store.keep_heartbeats(conn, beats)


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
    ],
)

ACCESS = [GRANTS, FACTS]
"""Every service lists these two first."""
