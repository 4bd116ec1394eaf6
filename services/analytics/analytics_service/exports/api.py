"""Exports over HTTP: asked for here, written behind, fetched by whoever asked while their right still holds."""

from datetime import datetime
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, Field

from access import Caller, Db, may
from analytics_service.counting import store as counting
from analytics_service.exports import store, written
from analytics_service.exports.model import (
    KEPT_FOR,
    MEDIA_TYPES,
    MOST_AT_A_TIME,
    ExportFile,
    FileFormat,
    Grounds,
    NoLongerKept,
    NotMadeYet,
    TooManyExports,
)
from analytics_service.reports import produce
from analytics_service.reports.asked import (
    AskActivity,
    AskCoverage,
    AskedFor,
    AskEventFunnel,
    AskMembers,
    AskPeers,
    AskPeriod,
    AskRetention,
    Name,
    Parameters,
)
from analytics_service.reports.edge import ServedCell, may_read_exactly, reading, subject_of
from analytics_service.reports.tables import table_of
from servicekit import clock, jobs
from servicekit.idempotency import keep
from servicekit.jobs import JobView
from servicekit.problem import NothingHere
from servicekit.web import Page, Paged
from servicekit.web.media import file_of

router = APIRouter(prefix="/api/v1/cells/{cell}/reports/exports", tags=["exports"])

R = TypeVar("R")


class AskExport(AskedFor[Name, Parameters]):
    """A report as a file."""

    format: FileFormat


Wanted = Annotated[
    AskExport[Literal["members"], AskMembers]
    | AskExport[Literal["coverage"], AskCoverage]
    | AskExport[Literal["active-members"], AskActivity]
    | AskExport[Literal["retention"], AskRetention]
    | AskExport[Literal["funnel"], AskPeriod]
    | AskExport[Literal["event-funnel"], AskEventFunnel]
    | AskExport[Literal["peers"], AskPeers],
    Field(discriminator="report"),
]


class ExportView(BaseModel):
    """One export in a list."""

    id: UUID
    title: str
    state: str
    done: int
    total: int | None
    message: str | None
    created_at: datetime
    finished_at: datetime | None


@router.post("", status_code=202, dependencies=[may("read-published-report")])
async def ask_for_export(
    body: Annotated[Wanted, Body()], cell: ServedCell, db: Db, caller: Caller, request: Request, response: Response
) -> JobView:
    """Queue a file of what the caller may see now. Errors: 404, 409 too many exports, 422 as the report itself."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    subject = await subject_of(db, cell, body.parameters)
    exactly = may_read_exactly(request, caller, subject.action, subject.network.path)
    async with db.transaction(caller) as conn:
        await store.lock_out_twins(conn, caller.person_id)
        if await store.count_kept(conn, caller.person_id, now=clock.now()) >= MOST_AT_A_TIME:
            raise TooManyExports(
                f"You have {MOST_AT_A_TIME} exports; each is kept for {KEPT_FOR.days} days. Wait until one has gone."
            )
        report = await produce.report_of(conn, subject.of, body.parameters, reading(request, caller, exactly))
        table = table_of(report)
        grounds = Grounds(cell=cell, network_id=subject.network.network_id, action=subject.action, exact=exactly)
        job = await jobs.request(
            conn,
            kind=store.KIND,
            title=table.title,
            parameters={"report": body.report, "format": body.format, "grounds": grounds.written()},
            requested_by=caller.person_id,
            input=written.written(table),
        )
        response.headers["location"] = f"/api/v1/cells/{cell}/reports/exports/{job.id}"
        return await keep(conn, JobView.of(job), status=202, headers={"location": response.headers["location"]})


@router.get("", dependencies=[may("read-exports")])
async def own_exports(cell: ServedCell, db: Db, caller: Caller, paging: Paged) -> Page[ExportView]:
    """The caller's own exports, the latest first. Errors: 422 bad-cursor."""
    before = (paging.after[0], paging.after[1]) if paging.after else None
    async with db.reading(caller) as conn:
        rows = await store.page(conn, cell, before=before, limit=paging.limit + 1)
    return paging.page([ExportView(**row) for row in rows], lambda one: [one.created_at, one.id])


@router.get("/{export_id}", dependencies=[may("read-exports")])
async def read_export(export_id: UUID, cell: ServedCell, db: Db, caller: Caller) -> JobView:
    """How far it is. Errors: 404 unknown, or somebody else's."""
    async with db.reading(caller) as conn:
        return await jobs.view(conn, export_id)


@router.get(
    "/{export_id}/file",
    dependencies=[may("read-exports")],
    response_class=Response,
    responses=file_of(*MEDIA_TYPES.values()),
)
async def download(export_id: UUID, cell: ServedCell, db: Db, caller: Caller, request: Request) -> Response:
    """The file. Errors: 404 somebody else's, or no longer yours to see; 409 not made yet; 410 no longer kept."""
    async with db.reading(caller) as conn:
        job = await jobs.view(conn, export_id)
        file = await store.find(conn, export_id, now=clock.now())
        network = await counting.find_network(conn, file.grounds.network_id, on=clock.today()) if file else None
    if file is None:
        raise _not_there(job)
    if file.grounds.cell != cell or network is None:
        raise NothingHere
    exactly = may_read_exactly(request, caller, file.grounds.action, network.path)
    if file.grounds.exact and not exactly:
        raise NothingHere
    return _sent(file)


def _not_there(job: JobView) -> NotMadeYet | NoLongerKept:
    if job.state in {"queued", "running"}:
        return NotMadeYet("The file is being written; ask again in a moment.", retry_after=1)
    if job.state == "failed":
        return NoLongerKept(job.message or "The file could not be written: ask for the export again.")
    return NoLongerKept(f"Files are kept for {KEPT_FOR.days} days: ask for the export again.")


def _sent(file: ExportFile) -> Response:
    return Response(
        file.content,
        media_type=file.media_type,
        headers={
            "content-disposition": f'attachment; filename="{file.name}"',
            "x-content-type-options": "nosniff",
        },
    )
