"""Erasures over HTTP: asked for by the person or a privacy officer, and followed until everybody has answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from access import Caller, Db, may
from membership_service import places
from membership_service.erasures import actions, store
from membership_service.erasures.model import Erasure, Receipt, answered, missing
from servicekit import clock
from servicekit.cells import Cells
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.web.paging import Page, Paged

own = APIRouter(prefix="/api/v1/me", tags=["me"])
of_people = APIRouter(prefix="/api/v1/people", tags=["people"])
router = APIRouter(prefix="/api/v1/erasures", tags=["erasures"])


class ErasureView(BaseModel):
    """One erasure. `asked` turns into `carried-out` within seconds; `refused`: the nation would have had no lead."""

    id: UUID
    person_id: UUID
    network_id: UUID
    state: str
    asked_at: datetime
    asked_by: UUID | None
    carried_out_at: datetime | None

    @classmethod
    def of(cls, erasure: Erasure) -> Self:
        return cls(
            id=erasure.id,
            person_id=erasure.person_id,
            network_id=erasure.network_id,
            state=erasure.state,
            asked_at=erasure.asked_at,
            asked_by=erasure.asked_by,
            carried_out_at=erasure.carried_out_at,
        )


class ReceiptView(BaseModel):
    service: str
    cell: str
    at: datetime


class AwaitedView(BaseModel):
    """An answer that has not come."""

    service: str
    cell: str
    since: datetime


class FollowedErasureView(ErasureView):
    receipts: list[ReceiptView]
    missing: list[AwaitedView]

    @classmethod
    def followed(cls, erasure: Erasure, receipts: Sequence[Receipt], cells: Cells) -> Self:
        since = erasure.told_at or erasure.asked_at
        awaited = [] if erasure.state == "refused" else missing(erasure, receipts, cells.all)
        return cls(
            **ErasureView.of(erasure).model_dump(),
            receipts=[
                ReceiptView(service=receipt.service, cell=receipt.cell, at=receipt.at)
                for receipt in answered(erasure, receipts)
            ],
            missing=[AwaitedView(service=service, cell=cell, since=since) for service, cell in awaited],
        )


async def network_of_erasure(erasure_id: UUID, db: Db, caller: Caller) -> str:
    async with db.reading(caller) as conn:
        return (await store.get(conn, erasure_id)).path


async def _ask(person_id: UUID, db: Db, caller: Caller) -> ErasureView:
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.transaction(caller) as conn:
        erasure = await actions.ask(conn, new_id(), person_id=person_id, asked_by=caller.person_id, now=clock.now())
        return await keep(conn, ErasureView.of(erasure), status=202)


@own.post("/erasure", status_code=202, dependencies=[may("erase-oneself")])
async def erase_oneself(db: Db, caller: Caller) -> ErasureView:
    """Be forgotten, everywhere and for good: the sign-in is nobody's within seconds.

    Errors: 403 not linked, 409 the nation would be without a lead.
    """
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    return await _ask(caller.person_id, db, caller)


@of_people.post(
    "/{person_id}/erasure", status_code=202, dependencies=[may("erase-person", at=places.network_of_the_erased)]
)
async def erase_person(person_id: UUID, db: Db, caller: Caller) -> ErasureView:
    """Have somebody forgotten who asked for it. Errors: 404 unknown, erased or out of scope, 409 the last lead."""
    return await _ask(person_id, db, caller)


@router.get("", dependencies=[may("read-erasures", at=places.the_network_asked_for)])
async def list_erasures(
    network: UUID, request: Request, db: Db, caller: Caller, paging: Paged
) -> Page[FollowedErasureView]:
    """Of people who belonged at this network or below, the latest first. Errors: 404 unknown or out of scope."""
    cells: Cells = request.app.state.cells
    after = paging.after[0] if paging.after else None
    async with db.reading(caller) as conn:
        path = await places.path_of(conn, network)
        found = await store.page_below(conn, path, after=after, limit=paging.limit + 1)
        receipts = await store.receipts(conn, [erasure.id for erasure in found])
    views = [FollowedErasureView.followed(erasure, receipts[erasure.id], cells) for erasure in found]
    return paging.page(views, lambda erasure: [erasure.id])


@router.get("/{erasure_id}", dependencies=[may("read-erasures", at=network_of_erasure)])
async def read(erasure_id: UUID, request: Request, db: Db, caller: Caller) -> FollowedErasureView:
    """Who has answered, and who has not. Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        erasure = await store.get(conn, erasure_id)
        receipts = await store.receipts(conn, [erasure.id])
    return FollowedErasureView.followed(erasure, receipts[erasure.id], request.app.state.cells)
