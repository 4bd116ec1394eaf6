"""Schedules over HTTP: a lead asks for a report of their network to come by mail; only they see and change it."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from access import Caller, Db, may
from analytics_service.counting.model import Network
from analytics_service.reports.edge import ServedCell, network_of_cell
from analytics_service.schedules import actions, store
from analytics_service.schedules.model import Every, Schedule
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.web import ExpectedVersion, Page, Paged, etag, set_etag

router = APIRouter(prefix="/api/v1/cells/{cell}/reports/schedules", tags=["schedules"])

Scheduled = Literal["members", "coverage", "active-members", "retention", "funnel", "peers"]
OnDay = Annotated[int, Field(alias="on", ge=1, le=28)]
"""Of the week, Monday being 1, or of the month."""


class OfNetwork(BaseModel):
    """Days are not asked for: they are those of each period."""

    model_config = ConfigDict(extra="forbid")

    network: UUID


class ScheduleReport(BaseModel):
    model_config = ConfigDict(extra="forbid")

    report: Scheduled
    parameters: OfNetwork
    every: Every
    on_day: OnDay


class ChangeSchedule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    every: Every
    on_day: OnDay


class ScheduleView(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    id: UUID
    version: int
    report: str
    parameters: OfNetwork
    every: Every
    on_day: int = Field(alias="on")
    next_on: date | None
    """The next day on which it comes, from six in the morning; null once it has ended."""
    reports: int
    """How many have come."""
    created_at: datetime
    ended_at: datetime | None
    ended_because: str | None
    """asked-for, or right-lost."""

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        return cls(
            id=schedule.schedule_id,
            version=schedule.version,
            report=schedule.report,
            parameters=OfNetwork(network=schedule.network_id),
            every=schedule.every,
            on_day=schedule.on_day,
            next_on=None if schedule.ended_at else schedule.next_on,
            reports=schedule.reports,
            created_at=schedule.created_at,
            ended_at=schedule.ended_at,
            ended_because=schedule.ended_because,
        )


async def network_in_body(cell: ServedCell, db: Db, body: ScheduleReport) -> Network:
    return await network_of_cell(db, cell, body.parameters.network)


async def path_in_body(network: Annotated[Network, Depends(network_in_body)]) -> str:
    return network.path


@router.post("", status_code=201, dependencies=[may("schedule-report", at=path_in_body)])
async def schedule_report(
    body: ScheduleReport,
    network: Annotated[Network, Depends(network_in_body)],
    cell: ServedCell,
    db: Db,
    caller: Caller,
    response: Response,
) -> ScheduleView:
    """From the next such day on, tell me that it is ready. Errors: 404, 409 scheduled already, 422 no such day."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.transaction(caller) as conn:
        schedule = await actions.begin(
            conn,
            schedule_id=new_id(),
            person_id=caller.person_id,
            network=network,
            report=body.report,
            every=body.every,
            on_day=body.on_day,
            now=clock.now(),
        )
        headers = {
            "location": f"/api/v1/cells/{cell}/reports/schedules/{schedule.schedule_id}",
            "etag": etag(schedule.version),
        }
        response.headers.update(headers)
        return await keep(conn, ScheduleView.of(schedule), status=201, headers=headers)


@router.get("", dependencies=[may("read-schedules")])
async def own_schedules(cell: ServedCell, db: Db, caller: Caller, paging: Paged) -> Page[ScheduleView]:
    """The caller's own in this cell, the newest first. Errors: 422 bad-cursor."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    before = (paging.after[0], paging.after[1]) if paging.after else None
    async with db.reading(caller) as conn:
        found = await store.page(conn, cell, caller.person_id, before=before, limit=paging.limit + 1)
    return paging.page([ScheduleView.of(one) for one in found], lambda one: [one.created_at, one.id])


@router.get("/{schedule_id}", dependencies=[may("read-schedules")])
async def read_schedule(
    schedule_id: UUID, cell: ServedCell, db: Db, caller: Caller, response: Response
) -> ScheduleView:
    """Errors: 404 unknown, or somebody else's."""
    async with db.reading(caller) as conn:
        schedule = await store.get(conn, schedule_id)
    set_etag(response, schedule.version)
    return ScheduleView.of(schedule)


@router.patch("/{schedule_id}", dependencies=[may("change-schedule")])
async def change_schedule(
    schedule_id: UUID,
    body: ChangeSchedule,
    cell: ServedCell,
    db: Db,
    caller: Caller,
    expected: ExpectedVersion,
    response: Response,
) -> ScheduleView:
    """Other days from tomorrow on. Errors: 404, 409 ended, 412, 422 no such day, 428."""
    async with db.transaction(caller) as conn:
        schedule = await actions.change(
            conn, schedule_id, expected=expected, every=body.every, on_day=body.on_day, now=clock.now()
        )
    set_etag(response, schedule.version)
    return ScheduleView.of(schedule)


@router.post("/{schedule_id}/end", dependencies=[may("change-schedule")])
async def end_schedule(
    schedule_id: UUID,
    cell: ServedCell,
    db: Db,
    caller: Caller,
    expected: ExpectedVersion,
    response: Response,
) -> ScheduleView:
    """Nothing more comes; links in mail open nothing any more. Errors: 404, 409 ended already, 412, 428."""
    async with db.transaction(caller) as conn:
        schedule = await actions.end(conn, schedule_id, expected=expected, now=clock.now())
        headers = {"etag": etag(schedule.version)}
        view = await keep(conn, ScheduleView.of(schedule), headers=headers)
    response.headers.update(headers)
    return view
