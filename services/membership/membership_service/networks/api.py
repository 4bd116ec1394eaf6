"""Networks over HTTP: public to every person, their members to their leads."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from access import Caller, Db, may
from membership_service import places
from membership_service.memberships import store as memberships
from membership_service.networks import store
from membership_service.networks.model import Network
from servicekit import clock
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/networks", tags=["networks"])


class NetworkView(BaseModel):
    id: UUID
    kind: str
    name: str
    path: str
    cell: str
    ods_code: str | None
    sector: str | None
    since: date
    until: date | None
    successor_id: UUID | None
    version: int

    @classmethod
    def of(cls, network: Network) -> Self:
        return cls(
            id=network.id,
            kind=network.kind,
            name=network.name,
            path=network.path,
            cell=network.cell,
            ods_code=network.ods_code,
            sector=network.sector,
            since=network.since,
            until=network.until,
            successor_id=network.successor_id,
            version=network.version,
        )


class MemberView(BaseModel):
    person_id: UUID
    given_name: str
    family_name: str
    membership_id: UUID
    network_id: UUID
    network: str
    path: str
    main: bool
    since: date
    until: date | None
    job_role: str | None
    sector: str | None


@router.get("", dependencies=[may("read-networks")])
async def list_networks(
    db: Db,
    caller: Caller,
    paging: Paged,
    kind: Literal["national", "region", "trust", "group"] | None = None,
    q: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    region: Annotated[str | None, Query(min_length=1, max_length=40)] = None,
) -> Page[NetworkView]:
    """Networks in the order of the tree. `q`: part of a name, or an ODS code. `region`: Y60 or midlands."""
    async with db.reading(caller) as conn:
        after = paging.after[0] if paging.after else None
        found = await store.page(conn, kind=kind, q=q, region=region, after=after, limit=paging.limit + 1)
    return paging.page([NetworkView.of(network) for network in found], lambda network: [network.path])


@router.get("/{network_id}", dependencies=[may("read-networks")])
async def read_network(network_id: UUID, db: Db, caller: Caller) -> NetworkView:
    """Errors: 404 unknown."""
    async with db.reading(caller) as conn:
        return NetworkView.of(await store.get(conn, network_id))


@router.get("/{network_id}/members", dependencies=[may("read-members", at=places.the_network)])
async def list_members(network_id: UUID, db: Db, caller: Caller, paging: Paged) -> Page[MemberView]:
    """Who is a member today, here or below, by name. Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        network = await store.get(conn, network_id)
        rows = await memberships.members_page(
            conn, network.path, on=clock.today(), after=paging.after, limit=paging.limit + 1
        )
    members = [MemberView(**row) for row in rows]
    return paging.page(members, lambda member: [member.family_name, member.given_name, member.membership_id])
