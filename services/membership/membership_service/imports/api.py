"""Imports over HTTP: a file is taken and queued; `work` reads it, and the job tells what became of every row."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from access import Caller, Db, may
from membership_service import places
from membership_service.imports import store
from membership_service.imports.handlers import KINDS
from membership_service.imports.model import FileRefused
from servicekit import clock, jobs
from servicekit.idempotency import keep
from servicekit.jobs import JobView
from servicekit.problem import Invalid
from servicekit.web.bodies import MEBIBYTE, UnsupportedMediaType
from servicekit.web.days import Day
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/imports", tags=["imports"])

LIMITS = {"/api/v1/imports": 10 * MEBIBYTE}


class DayRefused(Invalid):
    code = "day-refused"


_TITLES = {"networks": "Networks from an ODS file", "people": "People from a CSV file"}
_CSV = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}


class ImportView(BaseModel):
    """One import in a list; its own page has the report."""

    id: UUID
    kind: str
    title: str
    state: str
    done: int
    total: int | None
    message: str | None
    created_at: datetime
    finished_at: datetime | None


async def csv_body(request: Request) -> bytes:
    """The file. Raises UnsupportedMediaType, and FileRefused where it is empty."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise UnsupportedMediaType("Send the file itself as the body, with Content-Type: text/csv.")
    body = await request.body()
    if not body.strip():
        raise FileRefused("The file is empty.")
    return body


@router.post(
    "",
    status_code=202,
    openapi_extra=_CSV,
    dependencies=[may("found-networks", at=places.national), may("import-people", at=places.national)],
)
async def request_import(
    kind: Literal["networks", "people"],
    body: Annotated[bytes, Depends(csv_body)],
    db: Db,
    caller: Caller,
    dry_run: bool = False,
    from_day: Annotated[Day | None, Query(alias="from")] = None,
) -> JobView:
    """Queue an import. `dry_run` says what would happen and writes nothing.

    `from`: with networks, the day of whatever the reference data give none, such as a trust's move to another region.
    Errors: 413 too large, 415 not CSV, 422 a day with people, or one that is past.
    """
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    _check_day(from_day, kind)
    async with db.transaction(caller) as conn:
        job = await jobs.request(
            conn,
            kind=KINDS[kind],
            title=_TITLES[kind] + (" (dry run)" if dry_run else ""),
            parameters={"dry_run": dry_run} | ({"from": str(from_day)} if from_day else {}),
            requested_by=caller.person_id,
            input=body,
        )
        return await keep(conn, JobView.of(job), status=202)


def _check_day(from_day: date | None, kind: str) -> None:
    if from_day is not None and kind != "networks":
        raise DayRefused("from: people have their first days in the file; leave it out.")
    if from_day is not None and from_day < clock.today():
        raise DayRefused(f"from: {from_day} is past; name today or a day to come.")


@router.get("", dependencies=[may("read-import", at=places.national)])
async def list_imports(db: Db, caller: Caller, paging: Paged) -> Page[ImportView]:
    """The caller's own imports, the latest first."""
    async with db.reading(caller) as conn:
        before = (paging.after[0], paging.after[1]) if paging.after else None
        rows = await store.page(conn, list(KINDS.values()), before=before, limit=paging.limit + 1)
    return paging.page([ImportView(**row) for row in rows], lambda one: [one.created_at, one.id])


@router.get("/{import_id}", dependencies=[may("read-import", at=places.national)])
async def read_import(import_id: UUID, db: Db, caller: Caller) -> JobView:
    """How far it is, and its report once it is done. Errors: 404 unknown, or asked for by somebody else."""
    async with db.reading(caller) as conn:
        return await jobs.view(conn, import_id)
