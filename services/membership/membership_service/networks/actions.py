"""Founding and changing networks: whole states leave in the transaction that made them."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from membership_contracts import NetworkChanged, NetworkFounded
from membership_contracts.networks import NetworkState
from membership_service.networks import groups, store
from membership_service.networks.founding import Plan
from membership_service.networks.groups import GroupExists
from membership_service.networks.model import Network, national
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing, publish_all


async def carry_out(conn: Conn, plan: Plan, *, today: date) -> None:
    """Write a plan made in this transaction, under the founding lock, and say all that changed."""
    await store.save_many(
        conn,
        plan.networks,
        described_from=[n.since for n in plan.founded] + [today] * len(plan.changed),
    )
    await publish_all(
        conn,
        [
            *_outgoing(NetworkFounded, plan.founded),
            *_outgoing(NetworkChanged, plan.changed),
        ],
    )


async def found_national(conn: Conn, *, today: date) -> Network:
    """The national network, founded first where it is missing."""
    await store.hold_founding(conn)
    root = national()
    existing = await store.everything(conn)
    if root.id not in existing:
        await carry_out(conn, Plan(founded=[root]), today=today)
        return root
    return existing[root.id]


async def place_of_group(conn: Conn, trusts: Sequence[UUID], region_id: UUID | None) -> str:
    """The path of the network in which a group for these trusts lies. Raises GroupRefused, NetworkNotFound."""
    region = [region_id] if region_id is not None else []
    found = await store.get_many(conn, [*trusts, *region])
    return groups.place([found[one] for one in trusts], found[region[0]] if region else None)


async def found_group(
    conn: Conn,
    group_id: UUID,
    *,
    name: str,
    sector: str | None,
    trusts: Sequence[UUID],
    region_id: UUID | None,
    today: date,
) -> Network:
    """A group across the tree, where its trusts are. Raises GroupRefused, GroupExists, NetworkNotFound."""
    lies_in = await store.at_path(conn, await place_of_group(conn, trusts, region_id))
    group = groups.group(group_id, name=name, sector=sector, parent=lies_in, today=today)
    if not await store.add_group(conn, group, trusts):
        raise GroupExists(f"There is, or was, a group called {group.name} in {lies_in.name}: choose another name.")
    await publish_all(conn, _outgoing(NetworkFounded, [group]))
    return group


def _outgoing(signal: type[NetworkState], networks: Sequence[Network]) -> list[Outgoing]:
    return [Outgoing(state(signal, n), Origin(n.cell, n.path)) for n in sorted(networks, key=lambda n: n.path)]


def state(signal: type[NetworkState], network: Network) -> NetworkState:
    """The network as it now is, as a signal says it."""
    return signal(
        version=network.version,
        network_id=network.id,
        kind=network.kind,
        name=network.name,
        path=network.path,
        cell=network.cell,
        ods_code=network.ods_code,
        sector=network.sector,
        since=network.since,
        until=network.until,
        successor_id=network.successor_id,
    )
