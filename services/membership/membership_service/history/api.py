"""What happened to a membership and who did it, for its person, its network's leads and privacy officers."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from access import Caller, Db, may
from membership_service import places
from membership_service.history import store
from servicekit.web.paging import Page, Paged, Paging

router = APIRouter(prefix="/api/v1", tags=["history"])


class StepView(BaseModel):
    position: int
    person_id: UUID
    network_id: UUID
    network: str
    """The network's name."""
    membership_id: UUID | None
    request_id: UUID | None
    what: str
    """requested, approved, refused, withdrawn, started, changed, made-main, moved or ended."""
    day: date | None
    """From which day on, or the last day, where it is about one."""
    at: datetime | None
    """None where it was recorded before there was a history."""
    acted_by: UUID | None
    """The person who did it; none for an import or a network's policy."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls.model_validate(dict(row))


def page_of(paging: Paging, rows: list[dict[str, Any]]) -> Page[StepView]:
    return paging.page([StepView.of(row) for row in rows], lambda step: [step.position])


def after(paging: Paging) -> int | None:
    return paging.after[0] if paging.after else None


@router.get("/me/history", dependencies=[may("read-self")])
async def read_own(db: Db, caller: Caller, paging: Paged) -> Page[StepView]:
    """All that happened to one's own requests and memberships, the latest first."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.reading(caller) as conn:
        rows = await store.of_person(conn, caller.person_id, within=None, after=after(paging), limit=paging.limit + 1)
    return page_of(paging, rows)


@router.get(
    "/people/{person_id}/history", dependencies=[may("read-person-history", at=places.network_of_persons_history)]
)
async def read_of_person(person_id: UUID, db: Db, caller: Caller, paging: Paged) -> Page[StepView]:
    """As far as the caller's networks go, the latest first. Errors: 404 unknown or out of scope."""
    within = None if person_id == caller.person_id else places.where_allowed(caller, "read-person-history")
    async with db.reading(caller) as conn:
        rows = await store.of_person(conn, person_id, within=within, after=after(paging), limit=paging.limit + 1)
    return page_of(paging, rows)


@router.get(
    "/memberships/{membership_id}/history",
    dependencies=[may("read-membership-history", at=places.network_of_membership)],
)
async def read_of_membership(membership_id: UUID, db: Db, caller: Caller, paging: Paged) -> Page[StepView]:
    """With the request that led to it, the latest first. Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        rows = await store.of_membership(conn, membership_id, after=after(paging), limit=paging.limit + 1)
    return page_of(paging, rows)
