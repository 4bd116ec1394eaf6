"""Active members in a snapshot: beside the members themselves, of the same networks on the same day."""

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid5

from analytics_contracts import ActiveMembersCounted
from analytics_service.counting import activity as counting
from analytics_service.counting.model import ActivityCount, Network, parents
from analytics_service.disclosure.activity import Active, publish_activity
from analytics_service.disclosure.members import Counted, publish_members
from analytics_service.snapshots import store, wider_store
from analytics_service.snapshots.model import PublishedActivity
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing

ITSELF = "itself"


async def activity_to_publish(conn: Conn, network: Network, day: date) -> list[Outgoing]:
    """Keep the day's figures of the network and those next below that are not published yet; what is to be sent."""
    counts = await counting.activity_below(conn, network.network_id, on=day, by_tree_of=day)
    known = await wider_store.activity_published(conn, [one.network_id for one in counts], day)
    decided = await asyncio.to_thread(decide_activity, counts)
    rows = [
        row for row in decided if network.network_id in (row.network_id, row.parent_id) and row.network_id not in known
    ]
    subjects = {row.network_id: uuid5(row.network_id, "active") for row in rows}
    await wider_store.hold(conn, list(subjects))
    versions = await store.next_versions(conn, list(subjects.values()))
    await wider_store.add_activity(conn, day, rows)
    paths = {one.network_id: one.path for one in counts}
    return [
        Outgoing(
            ActiveMembersCounted(
                version=versions[subjects[row.network_id]], network_id=row.network_id, day=day, active=row.active
            ),
            Origin(network.cell, paths[row.network_id]),
        )
        for row in rows
    ]


def decide_activity(counts: Sequence[ActivityCount]) -> list[PublishedActivity]:
    """The figures of each of these networks, the topmost first."""
    above = parents(counts)
    tree = active_tree(counts)
    figures = publish_activity(tree, publish_members(_members(tree)))
    return [
        PublishedActivity(
            network_id=one.network_id,
            parent_id=above.get(one.network_id),
            active=figures[one.network_id],
            active_directly=figures.get((one.network_id, ITSELF), figures[one.network_id]),
        )
        for one in counts
    ]


def active_tree(counts: Sequence[ActivityCount]) -> Active:
    """As a tree; whoever belongs to a network itself is a part of it beside the networks below."""
    above = parents(counts)
    below: dict[UUID, list[ActivityCount]] = {one.network_id: [] for one in counts}
    for one in counts:
        if one.network_id in above:
            below[above[one.network_id]].append(one)

    def active(one: ActivityCount) -> Active:
        parts = [active(child) for child in below[one.network_id]]
        if parts:
            parts.append(Active(name=(one.network_id, ITSELF), members=one.directly, active=one.active_directly))
        return Active(name=one.network_id, members=one.members, active=one.active, parts=tuple(parts))

    return active(next(one for one in counts if one.network_id not in above))


def _members(tree: Active) -> Counted:
    return Counted(name=tree.name, people=tree.members, parts=tuple(map(_members, tree.parts)))
