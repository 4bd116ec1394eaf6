"""Leads say something to all members of their network: written once, told in the background, steered while it runs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from access import Caller, Db, directory, may
from access.directory import Network
from notifications_service.announcements import said as store
from notifications_service.announcements.model import LONGEST_TEXT, LONGEST_TITLE, NetworkClosed, State, checked
from notifications_service.announcements.said import NewSaid, Said
from notifications_service.places import served_cell
from servicekit import clock
from servicekit.database import Conn
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.problem import Invalid
from servicekit.web.addresses import CellName
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/cells/{cell}/announcements", tags=["announcements"])

Code = Annotated[str, Field(min_length=1, max_length=80)]


class Announce(BaseModel):
    """Plain text to all members of a network and of those below it; an empty line ends a paragraph."""

    model_config = ConfigDict(extra="forbid")

    network_id: UUID
    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    sectors: Annotated[list[Code], Field(max_length=100)] = []
    """Only members of these sectors; none named: of all."""
    job_roles: Annotated[list[Code], Field(max_length=200)] = []


class Mails(BaseModel):
    sent: int
    failed: int
    """Refused for good, or of unknown fate."""
    waiting: int


class AnnouncementView(BaseModel):
    id: UUID
    url: str
    network_id: UUID
    title: str
    text: str
    sectors: list[str]
    job_roles: list[str]
    state: str
    """running, paused, done or stopped."""
    total: int | None
    """People who are meant; null until they have been counted."""
    told: int
    suppressed: int
    """Of these, how many want no mail of it, or have no address that mail reaches."""
    mails: Mails
    counted_at: datetime | None
    """When `suppressed` and `mails` were counted; `total` and `told` are as of now."""
    created_at: datetime
    finished_at: datetime | None


async def cell_served(cell: CellName, request: Request, caller: Caller) -> str:
    return served_cell(request, cell)


Cell = Annotated[str, Depends(cell_served)]


async def network_of_body(cell: Cell, body: Announce, db: Db) -> str:
    async with db.reading() as conn:
        return (await directory.network(conn, body.network_id)).path


async def network_in_query(cell: Cell, network: UUID, db: Db) -> str:
    async with db.reading() as conn:
        return (await directory.network(conn, network)).path


async def network_of_announcement(cell: Cell, announcement_id: UUID, db: Db, caller: Caller) -> str:
    async with db.reading(caller) as conn:
        return await store.network_path(conn, cell, announcement_id)


@router.post("", status_code=201, dependencies=[may("announce", at=network_of_body)])
async def announce(cell: Cell, body: Announce, db: Db, caller: Caller, response: Response) -> AnnouncementView:
    """Say it. Errors: 409 the network is closed or not known yet, 422 not plain text, or another cell's network."""
    assert caller.person_id is not None
    words = checked(body.title, body.text)
    now = clock.now()
    async with db.transaction(caller) as conn:
        network = await directory.network(conn, body.network_id)
        _require_open(network, cell)
        new = NewSaid(
            id=new_id(),
            network_id=body.network_id,
            cell=cell,
            network=network.path,
            words=words,
            sectors=list(dict.fromkeys(body.sectors)),
            job_roles=list(dict.fromkeys(body.job_roles)),
            eligible_on=clock.london_day(now),
            made_by=caller.person_id,
            at=now,
        )
        await store.insert(conn, new)
        view = await _kept(conn, await store.get(conn, cell, new.id), cell, status=201)
    response.headers["location"] = view.url
    return view


@router.get("", dependencies=[may("read-announcements", at=network_in_query)])
async def read_all(
    cell: Cell, db: Db, caller: Caller, paging: Paged, network: Annotated[UUID, Query()]
) -> Page[AnnouncementView]:
    """What was said to a network, the newest first."""
    before = paging.after[0] if paging.after else None
    async with db.reading(caller) as conn:
        found = await store.listed(conn, cell, network, before=before, limit=paging.limit + 1)
    page = paging.page(found, lambda one: [one.id])
    return Page(items=[_view(one, cell) for one in page.items], next=page.next)


@router.get("/{announcement_id}", dependencies=[may("read-announcements", at=network_of_announcement)])
async def read(cell: Cell, announcement_id: UUID, db: Db, caller: Caller) -> AnnouncementView:
    """How far it is."""
    async with db.reading(caller) as conn:
        return _view(await store.get(conn, cell, announcement_id), cell)


@router.post("/{announcement_id}/pause", dependencies=[may("announce", at=network_of_announcement)])
async def pause(cell: Cell, announcement_id: UUID, db: Db, caller: Caller) -> AnnouncementView:
    """Tell nobody more for now. Errors: 409 it is done or stopped."""
    async with db.transaction(caller) as conn:
        return await _steered(conn, cell, announcement_id, State.PAUSED)


@router.post("/{announcement_id}/resume", dependencies=[may("announce", at=network_of_announcement)])
async def resume(cell: Cell, announcement_id: UUID, db: Db, caller: Caller) -> AnnouncementView:
    """Go on where it was paused. Errors: 409 it is done or stopped."""
    async with db.transaction(caller) as conn:
        return await _steered(conn, cell, announcement_id, State.RUNNING)


@router.post("/{announcement_id}/stop", dependencies=[may("announce", at=network_of_announcement)])
async def stop(cell: Cell, announcement_id: UUID, db: Db, caller: Caller) -> AnnouncementView:
    """Tell nobody more, for good; who was told stays told. Errors: 409 it is done."""
    async with db.transaction(caller) as conn:
        return await _steered(conn, cell, announcement_id, State.STOPPED)


async def _steered(conn: Conn, cell: str, announcement_id: UUID, to: State) -> AnnouncementView:
    return await _kept(conn, await store.steer(conn, cell, announcement_id, to, now=clock.now()), cell)


async def _kept(conn: Conn, said: Said, cell: str, *, status: int = 200) -> AnnouncementView:
    view = _view(said, cell)
    headers = {"location": view.url} if status == 201 else {}
    return await keep(conn, view, status=status, headers=headers)


def _require_open(network: Network, cell: str) -> None:
    if network.cell != cell:
        raise Invalid(f"network_id: {network.name} belongs to the cell {network.cell}; say it there.")
    if network.until is not None and network.until < clock.today():
        raise NetworkClosed(f"{network.name} was closed on {network.until}: nobody belongs to it any more.")


def _view(said: Said, cell: str) -> AnnouncementView:
    return AnnouncementView(
        id=said.id,
        url=f"/api/v1/cells/{cell}/announcements/{said.id}",
        network_id=said.network_id,
        title=said.title,
        text=said.body,
        sectors=list(said.sectors),
        job_roles=list(said.job_roles),
        state=said.state,
        total=said.total,
        told=said.told,
        suppressed=said.suppressed,
        mails=Mails(sent=said.mails_sent, failed=said.mails_failed, waiting=said.mails_waiting),
        counted_at=said.counted_at,
        created_at=said.created_at,
        finished_at=said.finished_at,
    )
