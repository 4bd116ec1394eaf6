"""What is held of somebody here, and, for privacy officers, which partners have taken in that somebody is erased."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from access import Caller, Db, may
from access.held import routes
from notifications_service.erasures import store
from notifications_service.erasures.store import Disclosure
from notifications_service.held import HELD
from notifications_service.places import served_cell
from servicekit.cells import Cells
from servicekit.web.addresses import CellName
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/cells/{cell}/disclosures", tags=["disclosures"])


async def cell_served(cell: CellName, request: Request, caller: Caller) -> str:
    return served_cell(request, cell)


Cell = Annotated[str, Depends(cell_served)]


async def root_of_cell(cell: Cell, request: Request) -> str:
    cells: Cells = request.app.state.cells
    return cells.all[cell].root


held = routes(
    HELD,
    own="/api/v1/cells/{cell}/notifications/held",
    of_person="/api/v1/cells/{cell}/notifications/held/{person_id}",
    tag="held by notifications",
    dependencies=[Depends(cell_served)],
)


class DisclosureView(BaseModel):
    """A partner body that was given something about somebody who is erased now."""

    erasure_id: UUID
    agreement_id: UUID
    body: str
    """The partner body's name."""
    told_at: datetime
    position: int
    """Of the item in the agreement's stream that says so."""
    acknowledged_at: datetime | None
    """None as long as neither a webhook was answered with 2xx nor the stream read on from there."""
    acknowledged_by: str | None
    """webhook or feed."""

    @classmethod
    def of(cls, disclosure: Disclosure) -> Self:
        return cls(
            erasure_id=disclosure.erasure_id,
            agreement_id=disclosure.agreement_id,
            body=disclosure.body,
            told_at=disclosure.told_at,
            position=disclosure.position,
            acknowledged_at=disclosure.acknowledged_at,
            acknowledged_by=disclosure.acknowledged_by,
        )


@router.get("", dependencies=[may("read-disclosures", at=root_of_cell)])
async def read(
    cell: Cell, db: Db, caller: Caller, paging: Paged, erasure: Annotated[UUID | None, Query()] = None
) -> Page[DisclosureView]:
    """Which partners under agreements of this cell were told of erasures, or of one; the oldest first."""
    async with db.reading(caller) as conn:
        found = await store.page_of(conn, cell, erasure_id=erasure, after=paging.after, limit=paging.limit + 1)
    page = paging.page(found, lambda one: [one.told_at, one.agreement_id, one.position])
    return Page(items=[DisclosureView.of(one) for one in page.items], next=page.next)
