"""Networks over HTTP: public to every person, their members to their leads."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from access import Caller, Db, may
from membership_service import places
from membership_service.memberships import store as memberships
from membership_service.networks import actions, groups, store
from membership_service.networks.model import Network
from membership_service.organisations import model as organisations
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.ids import new_id
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


class FoundGroup(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["group"] = "group"
    name: Annotated[str, StringConstraints(max_length=200)]
    trusts: Annotated[list[UUID], Field(max_length=groups.MOST_TRUSTS)] = []
    """The trusts whose people it is for. All in one region: it lies there for ever; else in the nation."""
    region_id: UUID | None = None
    """Where it lies, if it is for no trusts in particular; none: in the nation."""
    sector: Annotated[str, StringConstraints(max_length=40)] | None = None


async def place_of_group(body: FoundGroup, db: Db, caller: Caller) -> str:
    """Where the group will lie: there, or above, its founder leads."""
    async with db.reading(caller) as conn:
        return await actions.place_of_group(conn, body.trusts, body.region_id)


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


@router.post("", status_code=201, dependencies=[may("found-group", at=place_of_group)])
async def found_group(body: FoundGroup, db: Db, caller: Caller) -> NetworkView:
    """Found a group across the tree. Errors: 404 unknown trust, or out of scope; 409 its name is taken; 422."""
    sector = organisations.checked_sector(body.sector) if body.sector is not None else None
    async with db.transaction(caller) as conn:
        group = await actions.found_group(
            conn,
            new_id(),
            name=body.name,
            sector=sector,
            trusts=list(dict.fromkeys(body.trusts)),
            region_id=body.region_id,
            today=clock.today(),
        )
        return await keep(conn, NetworkView.of(group), status=201)


@router.get("/{network_id}/trusts", dependencies=[may("read-networks")])
async def list_trusts_of_group(network_id: UUID, db: Db, caller: Caller, paging: Paged) -> Page[NetworkView]:
    """The trusts that a group was founded for, in the order of the tree. Errors: 404 unknown."""
    async with db.reading(caller) as conn:
        await store.get(conn, network_id)
        after = paging.after[0] if paging.after else None
        found = await store.trusts_page(conn, network_id, after=after, limit=paging.limit + 1)
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
