"""Founding and changing networks: whole states leave in the transaction that made them."""

from collections.abc import Sequence
from datetime import date

from membership_contracts import NetworkChanged, NetworkClosed, NetworkFounded
from membership_contracts.networks import NetworkState
from membership_service.networks import store
from membership_service.networks.founding import Plan
from membership_service.networks.model import Network, national
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing, publish_all


async def carry_out(conn: Conn, plan: Plan, *, today: date) -> None:
    """Write a plan made in this transaction, under the founding lock, and say all that changed."""
    await store.save_many(
        conn,
        plan.networks,
        described_from=[n.since for n in plan.founded] + [today] * (len(plan.changed) + len(plan.closed)),
    )
    await publish_all(
        conn,
        [
            *_outgoing(NetworkFounded, plan.founded),
            *_outgoing(NetworkChanged, plan.changed),
            *_outgoing(NetworkClosed, plan.closed),
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


def _outgoing(signal: type[NetworkState], networks: Sequence[Network]) -> list[Outgoing]:
    return [Outgoing(_state(signal, n), Origin(n.cell, n.path)) for n in sorted(networks, key=lambda n: n.path)]


def _state(signal: type[NetworkState], network: Network) -> NetworkState:
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
