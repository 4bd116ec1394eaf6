"""Grants over HTTP: given, ended and read by leads at the network or above it."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from access import Caller, Db, may
from membership_service import places
from membership_service.grants import actions, store
from membership_service.grants.model import Grant
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.web.days import Instant
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/grants", tags=["grants"])


class GrantView(BaseModel):
    id: UUID
    person_id: UUID
    network_id: UUID
    path: str
    role: str
    starts_at: datetime
    ends_at: datetime | None
    given_by: UUID | None

    @classmethod
    def of(cls, grant: Grant) -> Self:
        return cls(
            id=grant.id,
            person_id=grant.person_id,
            network_id=grant.network_id,
            path=grant.path,
            role=grant.role,
            starts_at=grant.starts_at,
            ends_at=grant.ends_at,
            given_by=grant.given_by,
        )


class GiveGrant(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person_id: UUID
    network_id: UUID
    role: Literal["lead", "organiser", "steward", "analyst", "privacy-officer"]
    starts_at: Instant | None = None
    """None: now."""
    ends_at: Instant | None = None


class EndGrant(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: Instant | None = None
    """None: now."""


async def network_given_at(body: GiveGrant, db: Db, caller: Caller) -> str:
    return await places.the_network(body.network_id, db, caller)


@router.post("", status_code=201, dependencies=[may("give-grant", at=network_given_at)])
async def give(body: GiveGrant, db: Db, caller: Caller) -> GrantView:
    """Give a role. Errors: 403 not yours to give, 404 unknown or out of scope, 409 held already, 422 instants."""
    now = clock.now()
    async with db.transaction(caller) as conn:
        grant = await actions.give(
            conn,
            new_id(),
            giver=caller.person_id,
            person_id=body.person_id,
            network_id=body.network_id,
            role=body.role,
            starts_at=body.starts_at or now,
            ends_at=body.ends_at,
            now=now,
        )
        return await keep(conn, GrantView.of(grant), status=201)


@router.post("/{grant_id}/end", dependencies=[may("end-grant", at=places.network_of_grant)])
async def end(grant_id: UUID, body: EndGrant, db: Db, caller: Caller) -> GrantView:
    """End a role. Errors: 403 not yours to end, 404 unknown or out of scope, 409 ended already, or the last lead."""
    now = clock.now()
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.transaction(caller) as conn:
        grant = await actions.end(conn, grant_id, ender=caller.person_id, at=body.at or now, now=now)
        return await keep(conn, GrantView.of(grant))


@router.get("", dependencies=[may("read-grants", at=places.the_network_asked_for)])
async def list_grants(network: UUID, db: Db, caller: Caller, paging: Paged) -> Page[GrantView]:
    """Roles at this very network that are not over. Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        after = paging.after[0] if paging.after else None
        found = await store.page_at(conn, network, at=clock.now(), after=after, limit=paging.limit + 1)
    return paging.page([GrantView.of(grant) for grant in found], lambda grant: [grant.id])
