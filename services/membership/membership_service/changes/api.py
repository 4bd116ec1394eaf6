"""What is planned for networks, over HTTP: by the national leads; the end of a group also by its own."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints

from access import Caller, Db, may
from membership_service import places
from membership_service.changes import actions, model, store
from membership_service.changes.model import CLOSURE, PENDING, Change, Wish
from membership_service.networks import store as networks
from membership_service.networks.model import Network
from servicekit import clock
from servicekit.database import Conn
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.web.days import Day
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/networks", tags=["network changes"])

State = Literal["pending", "applied", "cancelled", "replaced", "failed"]


class ChangeView(BaseModel):
    id: UUID
    network_id: UUID
    network: str
    """The network's name as it now is."""
    path: str
    what: str
    """rename, move or closure."""
    day: date
    """The first day of the new name or place; of a closure, the last day that counts."""
    name: str | None
    region_id: UUID | None
    successor_id: UUID | None
    from_file: bool
    state: str
    """pending, applied, cancelled, replaced or failed."""
    why: str | None
    planned_by: UUID | None
    planned_at: datetime
    settled_at: datetime | None
    members: int | None
    """While it is pending: memberships that go on beyond the day."""
    grants: int | None
    """While it is pending: roles held there."""


class PlanChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    network_id: UUID
    what: Literal["rename", "move", "closure"]
    day: Day
    name: Annotated[str, StringConstraints(max_length=200)] | None = None
    region_id: UUID | None = None
    """The region's network, or the national one."""
    successor_id: UUID | None = None

    def wish(self) -> Wish:
        return Wish(
            network_id=self.network_id,
            what=self.what,
            day=self.day,
            name=self.name,
            parent_id=self.region_id,
            successor_id=self.successor_id,
        )


class CloseGroup(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: Day
    """The last day that counts, today at the earliest."""
    successor_id: UUID | None = None
    """Another group, where the members go on."""


async def network_of_change(change_id: UUID, db: Db, caller: Caller) -> str:
    """A group's own path; whatever else changes is the nation's."""
    async with db.reading(caller) as conn:
        change = await store.get(conn, change_id)
        network = await networks.get(conn, change.wish.network_id)
    return network.path if network.kind == "group" else await places.national()


@router.post("/changes", status_code=201, dependencies=[may("plan-network-change", at=places.national)])
async def plan(body: PlanChange, db: Db, caller: Caller, dry_run: bool = False) -> ChangeView:
    """Plan a change for a day; `dry_run` says what it would be, and writes nothing.

    Errors: 404 unknown network, 409 the networks do not allow it, or one is planned already; 422 unclear, or past.
    """
    async with db.transaction(caller) as conn:
        change = await actions.plan(
            conn,
            new_id(),
            body.wish(),
            by=caller.person_id,
            today=clock.today(),
            now=clock.now(),
            dry_run=dry_run,
        )
        [view] = await views(conn, [change])
        return await keep(conn, view, status=201)


@router.get("/changes", dependencies=[may("read-network-changes", at=places.national)])
async def list_changes(
    db: Db, caller: Caller, paging: Paged, state: State | None = None, network: UUID | None = None
) -> Page[ChangeView]:
    """In the order of their days."""
    async with db.reading(caller) as conn:
        found = await store.page(conn, state=state, network_id=network, after=paging.after, limit=paging.limit + 1)
        shown = await views(conn, found)
    return paging.page(shown, lambda change: [change.day, change.id])


@router.get("/changes/{change_id}", dependencies=[may("read-network-changes", at=network_of_change)])
async def read_change(change_id: UUID, db: Db, caller: Caller) -> ChangeView:
    """Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        [view] = await views(conn, [await store.get(conn, change_id)])
    return view


@router.post("/changes/{change_id}/cancel", dependencies=[may("cancel-network-change", at=network_of_change)])
async def cancel(change_id: UUID, db: Db, caller: Caller) -> ChangeView:
    """It will not happen; a file that asks for it again does not bring it back. Errors: 404, 409 no longer pending."""
    async with db.transaction(caller) as conn:
        change = await actions.cancel(conn, change_id, by=caller.person_id, now=clock.now())
        [view] = await views(conn, [change])
        return await keep(conn, view)


@router.post("/{network_id}/close", status_code=201, dependencies=[may("close-group", at=places.the_network)])
async def close_group(network_id: UUID, body: CloseGroup, db: Db, caller: Caller) -> ChangeView:
    """Plan the end of a group; trusts close by a planned change. Errors: 404, 409 no group, or planned already; 422."""
    wish = Wish(network_id=network_id, what=CLOSURE, day=body.on, successor_id=body.successor_id)
    async with db.transaction(caller) as conn:
        model.check_is_group(await networks.get(conn, network_id))
        change = await actions.plan(conn, new_id(), wish, by=caller.person_id, today=clock.today(), now=clock.now())
        [view] = await views(conn, [change])
        return await keep(conn, view, status=201)


async def views(conn: Conn, changes: Sequence[Change]) -> list[ChangeView]:
    named = await networks.get_many(conn, [change.wish.network_id for change in changes])
    pending = [change for change in changes if change.state == PENDING]
    counted = await store.counts(conn, [change.wish for change in pending], now=clock.now())
    by_id = {change.id: counts for change, counts in zip(pending, counted, strict=True)}
    return [_view(change, named[change.wish.network_id], by_id.get(change.id, (None, None))) for change in changes]


def _view(change: Change, network: Network, counts: tuple[int | None, int | None]) -> ChangeView:
    wish = change.wish
    return ChangeView(
        id=change.id,
        network_id=wish.network_id,
        network=network.name,
        path=network.path,
        what=wish.what,
        day=wish.day,
        name=wish.name,
        region_id=wish.parent_id,
        successor_id=wish.successor_id,
        from_file=change.from_file,
        state=change.state,
        why=change.why,
        planned_by=change.planned_by,
        planned_at=change.planned_at,
        settled_at=change.settled_at,
        members=counts[0],
        grants=counts[1],
    )
