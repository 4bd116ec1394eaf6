"""Partners read what each day of their stream held, and the keys that it was signed with."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from access import Caller, Db, may, signed_in
from notifications_service.manifests import store
from notifications_service.manifests.store import Signed
from notifications_service.places import served_cell
from notifications_service.streams.api import agreement_of, purpose
from servicekit import clock
from servicekit.web.addresses import CellName
from servicekit.web.days import Day
from servicekit.web.paging import Cursors, Page, Paged

router = APIRouter(prefix="/api/v1/cells/{cell}/subscriptions", tags=["manifests"])


class ManifestView(BaseModel):
    day: date
    """In Europe/London."""
    first: int
    """Its first position: one more than the last of the day before."""
    last: int
    """`first - 1` on a day without signals."""
    count: int
    digest: str
    """SHA-256 of a line `<position> <id> <sha256>` for each."""
    signed: str
    """All that as a compact JWS; what stands beside it is for reading only."""
    after: str
    """Read the stream `after` this to get the first of them."""

    @classmethod
    def of(cls, signed: Signed, cursors: Cursors) -> Self:
        manifest = signed.manifest
        return cls(
            day=manifest.day,
            first=manifest.first,
            last=manifest.last,
            count=manifest.count,
            digest=manifest.digest,
            signed=signed.jws,
            after=cursors.encode([manifest.first - 1], purpose(manifest.agreement_id)),
        )


class KeyView(BaseModel):
    kty: str
    crv: str
    alg: str
    use: str
    kid: str
    x: str


class KeysView(BaseModel):
    """A JWK set."""

    keys: list[KeyView]


@router.get("/manifest-keys", dependencies=[signed_in()])
async def keys(cell: CellName, request: Request) -> KeysView:
    """The public keys that manifests are signed with."""
    served_cell(request, cell)
    return KeysView(keys=[KeyView.model_validate(key) for key in request.app.state.signer.published()])


@router.get("/{agreement_id}/manifests", dependencies=[may("read-stream")])
async def manifests(
    cell: CellName,
    agreement_id: UUID,
    request: Request,
    db: Db,
    caller: Caller,
    paging: Paged,
    since: Annotated[Day | None, Query()] = None,
) -> Page[ManifestView]:
    """One for each day that is over, the oldest first. since: only those of later days.

    Errors: 404 no agreement of yours, 403 not begun, 410 ended.
    """
    served_cell(request, cell)
    async with db.reading(caller) as conn:
        agreement = await agreement_of(conn, caller, cell, agreement_id)
        agreement.refuse_unless_live(today=clock.today())
        after = paging.after[0] if paging.after else since
        found = await store.page_of(conn, agreement_id, after=after, limit=paging.limit + 1)
    cursors: Cursors = request.app.state.cursors
    return paging.page([ManifestView.of(one, cursors) for one in found], lambda one: [one.day])
