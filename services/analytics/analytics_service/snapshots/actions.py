"""Taking a snapshot: count, pass everything through disclosure control, keep and publish what may be known."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from analytics_contracts import EventFunnelCounted, MembersCounted
from analytics_service.counting import store as counting
from analytics_service.counting.model import Event, Network, NetworkCount, coverage, parents
from analytics_service.disclosure.bounds import Name
from analytics_service.disclosure.funnels import ALL, PublishedFunnel, publish_funnel
from analytics_service.disclosure.members import Counted, publish_members
from analytics_service.snapshots import store
from analytics_service.snapshots.activity import activity_to_publish
from analytics_service.snapshots.model import PublishedMembers, Snapshot
from analytics_service.snapshots.retention import retention_to_publish
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing, publish_all

ITSELF = "itself"


async def take(conn: Conn, network_id: UUID, day: date, *, now: datetime) -> Snapshot | None:
    """Publish the network's figures of the day, those of the networks next below, and its events' funnels.

    Members and the active among them each day, and of regions whoever stayed, point by point.

    What is published already stays as it is, and nothing is sent again. None where the network is not known here.
    """
    await store.wait_for_turn(conn)
    taken = await store.find(conn, network_id, day)
    network = await counting.find_network(conn, network_id, on=day)
    if taken is not None or network is None:
        return taken
    signals = [
        *await _publish_members(conn, network, day),
        *await activity_to_publish(conn, network, day),
        *await retention_to_publish(conn, network, day),
        *await _publish_funnels(conn, network, day),
    ]
    snapshot = Snapshot(
        network_id=network_id,
        day=day,
        cell=network.cell,
        taken_at=now,
        networks=sum(isinstance(one.signal, MembersCounted) for one in signals),
        events=sum(isinstance(one.signal, EventFunnelCounted) for one in signals),
    )
    await store.add(conn, snapshot)
    await publish_all(conn, signals)
    return snapshot


async def _publish_members(conn: Conn, network: Network, day: date) -> list[Outgoing]:
    counts = await counting.members_below(conn, network.network_id, on=day)
    known = await store.networks_published(conn, [one.network_id for one in counts], day)
    decided = await asyncio.to_thread(decide_members, counts)
    rows = [
        row for row in decided if network.network_id in (row.network_id, row.parent_id) and row.network_id not in known
    ]
    versions = await store.next_versions(conn, [row.network_id for row in rows])
    await store.add_members(conn, day, rows)
    paths = {one.network_id: one.path for one in counts}
    return [
        Outgoing(
            MembersCounted(
                version=versions[row.network_id],
                network_id=row.network_id,
                day=day,
                members=row.members,
                trusts=row.trusts,
                trusts_with_members=row.trusts_with_members,
            ),
            Origin(network.cell, paths[row.network_id]),
        )
        for row in rows
    ]


def decide_members(counts: Sequence[NetworkCount]) -> list[PublishedMembers]:
    """The figures of each of these networks, the topmost first."""
    above = parents(counts)
    figures = publish_members(_counted(counts, above))
    published = []
    for one in counts:
        trusts = coverage(counts, one.path)
        published.append(
            PublishedMembers(
                network_id=one.network_id,
                parent_id=above.get(one.network_id),
                members=figures[one.network_id],
                directly=figures.get((one.network_id, ITSELF), figures[one.network_id]),
                trusts=trusts.trusts,
                trusts_with_members=trusts.with_members,
            )
        )
    return published


def _counted(counts: Sequence[NetworkCount], above: dict[UUID, UUID]) -> Counted:
    """As a tree; whoever belongs to a network itself is a part of it beside the networks below."""
    below: dict[UUID, list[NetworkCount]] = {one.network_id: [] for one in counts}
    for one in counts:
        if one.network_id in above:
            below[above[one.network_id]].append(one)

    def counted(one: NetworkCount) -> Counted:
        parts = [counted(child) for child in below[one.network_id]]
        if parts:
            parts.append(Counted(name=(one.network_id, ITSELF), people=one.directly))
        return Counted(name=one.network_id, people=one.members, parts=tuple(parts))

    return counted(next(one for one in counts if one.network_id not in above))


async def _publish_funnels(conn: Conn, network: Network, day: date) -> list[Outgoing]:
    ids = await store.events_to_count(conn, network.path, network.cell, day)
    before = await store.funnels_published(conn, ids)
    versions = await store.next_versions(conn, ids)
    signals = []
    for event_id in ids:
        event = await counting.find_event(conn, event_id, on=day)
        assert event is not None
        funnel = await _decide_funnel(conn, event_id, day, before.get(event_id, []))
        await store.add_funnel(conn, event_id, funnel)
        signals.append(_outgoing(event, funnel, network.cell, versions[event_id]))
    return signals


async def _decide_funnel(conn: Conn, event_id: UUID, day: date, before: Sequence[PublishedFunnel]) -> PublishedFunnel:
    parts = await counting.funnel(conn, event_id, until=day)
    counts: dict[Name, dict[str, int]] = {
        part.network.network_id if part.network else store.ELSEWHERE: part.counts for part in parts
    }
    own = frozenset(name for name in counts if name != store.ELSEWHERE)
    return await asyncio.to_thread(publish_funnel, day, counts, own=own, before=before)


def _outgoing(event: Event, funnel: PublishedFunnel, cell: str, version: int) -> Outgoing:
    total = funnel.parts[ALL]
    return Outgoing(
        EventFunnelCounted(
            version=version,
            event_id=event.event_id,
            network_id=event.network.network_id,
            day=funnel.day,
            eligible=total["eligible"],
            told=total["told"],
            registered=total["registered"],
            waited=total["waited"],
            attended=total["attended"],
        ),
        Origin(cell, event.network.path),
    )
