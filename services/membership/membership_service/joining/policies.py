"""What holds at a network, and how its leads change it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from membership_service.joining import policy_store
from membership_service.joining.policy import Joining, Policy, holding
from membership_service.networks import store as networks
from membership_service.networks.model import Network
from servicekit.database import Conn
from servicekit.problem import PreconditionFailed


async def of_networks(conn: Conn, found: Sequence[Network]) -> list[Joining]:
    """How each of these is joined."""
    policies = await policy_store.at_or_above(conn, [network.path for network in found])
    sources = await networks.get_many(conn, [network_id for _, network_id in policies])
    told = [(policy, sources[network_id]) for policy, network_id in policies]
    return [holding(network, told) for network in found]


async def of_network(conn: Conn, network: Network) -> Joining:
    [joining] = await of_networks(conn, [network])
    return joining


async def change(
    conn: Conn,
    network_id: UUID,
    *,
    policy: str,
    domains: Sequence[str],
    expected_version: int,
    by: UUID | None,
    at: datetime,
) -> Joining:
    """Set this network's own policy. Raises DomainRefused, or PreconditionFailed where somebody was faster."""
    network = await networks.get(conn, network_id)
    joining = await of_network(conn, network)
    own = joining.policy if joining.own_version else Policy(network_id=network.id, policy=policy)
    then = own.changed(network, policy=policy, domains=domains, expected_version=expected_version, by=by, at=at)
    if not await policy_store.save(conn, then):
        raise PreconditionFailed("Somebody has changed this just now: read it again.")
    return Joining(network=network, policy=then, source=network)
