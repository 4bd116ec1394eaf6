"""Organisations follow the reference data: trusts, open and closed, with every name that they have or had."""

from collections.abc import Mapping
from uuid import UUID

from membership_service.networks.model import Network, network_id
from membership_service.organisations import store
from membership_service.organisations.model import Organisation, organisation_id
from membership_service.reference import Reference, Trust
from servicekit.database import Conn


async def follow(conn: Conn, reference: Reference, networks: Mapping[UUID, Network]) -> None:
    """Write down the trusts as they now are. networks: those that there are after the founding.

    One that a network stands for is called, and closes, as the network does: on the day that is planned.
    """
    await store.save_many(conn, [_organisation(trust, networks) for trust in reference.trusts.values()])
    await store.save_names(
        conn,
        [
            (organisation_id(former.code), former.name, former.since)
            for former in reference.names
            if former.code in reference.trusts
        ],
    )


def _organisation(trust: Trust, networks: Mapping[UUID, Network]) -> Organisation:
    network = networks.get(network_id(trust.code))
    closed = not trust.open if network is None else network.until is not None
    return Organisation(
        id=organisation_id(trust.code),
        ods_code=trust.code,
        name=network.name if network else trust.name,
        sector=trust.sector,
        network_id=network.id if network else None,
        closed=closed,
        until=network.until if network else trust.until,
        successor_code=trust.successor if closed else None,
    )
