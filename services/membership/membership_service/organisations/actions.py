"""Organisations follow the reference data: trusts, open and closed, with every name that they have or had."""

from collections.abc import Mapping
from uuid import UUID

from membership_service.networks.model import Network, network_id
from membership_service.organisations import store
from membership_service.organisations.model import Organisation, organisation_id
from membership_service.reference import Reference, Trust
from servicekit.database import Conn


async def follow(conn: Conn, reference: Reference, networks: Mapping[UUID, Network]) -> None:
    """Write down the trusts as they now are. networks: those that there are after the founding."""
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
    its_network = network_id(trust.code)
    return Organisation(
        id=organisation_id(trust.code),
        ods_code=trust.code,
        name=trust.name,
        sector=trust.sector,
        network_id=its_network if its_network in networks else None,
        closed=not trust.open,
        until=trust.until,
        successor_code=trust.successor,
    )
