"""Snapshots over HTTP: asked for here, taken behind, and told of once they are there."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict

from access import Caller, Db, may
from analytics_service.counting.model import Network
from analytics_service.reports.edge import AskedNetwork, NamedNetwork, ServedCell, network_of_cell
from analytics_service.reports.model import check_day
from analytics_service.snapshots import store
from analytics_service.snapshots.model import Snapshot
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.problem import NotFound
from servicekit.web import Page, Paged
from servicekit.web.days import Day

router = APIRouter(prefix="/api/v1/cells/{cell}/reports/snapshots", tags=["snapshots"])


class NotTaken(NotFound):
    code = "snapshot-not-taken"
    title = "This snapshot has not been taken"


class TakeSnapshot(BaseModel):
    model_config = ConfigDict(extra="forbid")

    network_id: UUID
    day: Day | None = None
    """Today where none is given."""


class SnapshotView(BaseModel):
    network_id: UUID
    day: date
    state: Literal["taken", "asked-for"]
    taken_at: datetime | None
    networks: int | None
    """How many networks' figures it published."""
    events: int | None

    @classmethod
    def taken(cls, snapshot: Snapshot) -> Self:
        return cls(
            network_id=snapshot.network_id,
            day=snapshot.day,
            state="taken",
            taken_at=snapshot.taken_at,
            networks=snapshot.networks,
            events=snapshot.events,
        )

    @classmethod
    def asked_for(cls, network_id: UUID, day: date) -> Self:
        return cls(network_id=network_id, day=day, state="asked-for", taken_at=None, networks=None, events=None)


async def network_in_body(cell: ServedCell, db: Db, body: TakeSnapshot) -> Network:
    return await network_of_cell(db, cell, body.network_id)


async def path_in_body(network: Annotated[Network, Depends(network_in_body)]) -> str:
    return network.path


ASKED_FOR: dict[int | str, dict[str, Any]] = {202: {"model": SnapshotView, "description": "It is taken in a moment."}}


@router.post("", dependencies=[may("take-snapshot", at=path_in_body)], responses=ASKED_FOR)
async def take(body: TakeSnapshot, cell: ServedCell, db: Db, caller: Caller, response: Response) -> SnapshotView:
    """200 with the snapshot where it is taken; else 202: `work` takes it in a moment, once. Errors: 404, 422."""
    today = clock.today()
    day = check_day(body.day or today, today=today)
    async with db.transaction(caller) as conn:
        taken = await store.find(conn, body.network_id, day)
        if taken is None:
            await store.ask_for(conn, body.network_id, day, at=clock.now())
        response.status_code = 200 if taken else 202
        response.headers["location"] = f"/api/v1/cells/{cell}/reports/snapshots/{body.network_id}/{day}"
        view = SnapshotView.taken(taken) if taken else SnapshotView.asked_for(body.network_id, day)
        await keep(conn, view, status=response.status_code, headers={"location": response.headers["location"]})
    return view


@router.get("", dependencies=[may("read-published-report")])
async def of_network(network: AskedNetwork, db: Db, caller: Caller, paging: Paged) -> Page[SnapshotView]:
    """The days of which figures of this network were published, newest first. Errors: 404, 422 bad-cursor."""
    before = paging.after[0] if paging.after else None
    async with db.reading(caller) as conn:
        found = await store.of_network(conn, network.network_id, before=before, limit=paging.limit + 1)
    return paging.page([SnapshotView.taken(one) for one in found], lambda one: [one.day])


@router.get("/{network_id}/{day}", dependencies=[may("read-published-report")])
async def of_day(network: NamedNetwork, day: Day, db: Db, caller: Caller) -> SnapshotView:
    """Whether it is taken yet. Errors: 404 unknown, or neither taken nor asked for."""
    async with db.reading(caller) as conn:
        taken = await store.find(conn, network.network_id, day)
        asked_for = taken is None and await store.is_asked_for(conn, network.network_id, day)
    if taken is not None:
        return SnapshotView.taken(taken)
    if asked_for:
        return SnapshotView.asked_for(network.network_id, day)
    raise NotTaken(f"No snapshot of {network.name} has been taken for {day}, and none is asked for.")
