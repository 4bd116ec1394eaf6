"""Events over HTTP: drafted, published, changed and cancelled by those who hold a grant, read by those who may come."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from access import Caller, Db, Principal, directory, may
from access.policy import RIGHTS, Freshness, allows, decide
from events_service.edge import (
    Freshly,
    Nothing,
    ServedCell,
    deciding_cells,
    network_of_event,
    served_cell,
)
from events_service.gatherings import actions, listing, store
from events_service.gatherings.listing import Position, Shown
from events_service.gatherings.model import Event
from events_service.gatherings.plan import Mode
from events_service.gatherings.views import ChangeEvent, DraftEvent, EventView, Kind
from servicekit import clock
from servicekit.database import Conn, Database
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.web import ExpectedVersion, Page, Paged, Paging, etag, set_etag
from servicekit.web.days import Instant

router = APIRouter(prefix="/api/v1/cells/{cell}", tags=["events"], dependencies=[Depends(served_cell)])

AT_THE_DOOR = "read-registrations"
"""Whoever may do this at a network sees what it has published, whomever that is open to."""


async def network_of_draft(cell: ServedCell, body: DraftEvent, db: Db) -> str:
    """The path of the network that is to hold the event. Raises NotYetKnown."""
    async with db.reading() as conn:
        return (await directory.network(conn, body.network_id)).path


async def network_in_query(cell: ServedCell, network: UUID, db: Db) -> str:
    """The path of the network that is asked about. Raises NotYetKnown."""
    async with db.reading() as conn:
        return (await directory.network(conn, network)).path


PathInQuery = Annotated[str, Depends(network_in_query)]


@router.post("/events", status_code=201, dependencies=[may("draft-event", at=network_of_draft)])
async def draft(cell: ServedCell, body: DraftEvent, db: Db, caller: Caller, response: Response) -> EventView:
    """Draft an event. Errors: 409 a network is not known here yet, 422 wider than the cell or a mistake."""
    plan = body.plan()
    async with db.transaction(caller) as conn:
        event = await actions.draft(conn, cell, body.network_id, plan, id=new_id(), at=clock.now())
        return await _kept(conn, event, response, status=201)


@router.get("/events", dependencies=[may("read-events")])
async def read_all(
    cell: ServedCell,
    db: Db,
    caller: Caller,
    paging: Paged,
    freshly: Freshly,
    network: Annotated[UUID | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    mode: Annotated[Mode | None, Query()] = None,
    since: Annotated[Instant | None, Query(alias="from")] = None,
    until: Annotated[Instant | None, Query(alias="to")] = None,
) -> Page[EventView]:
    """Upcoming events first, then past ones. network: those that it, or a network below it, holds alone or with others.

    from, to: those that are going on at some time between these instants.
    """
    # Grants that may have been taken back meanwhile show nothing; what is open to everybody's own networks stays.
    scopes = [] if freshly.stale(caller, deciding_cells(cell)) else _door_scopes(caller)
    shown = Shown(
        drafts=False,
        open_to=list(caller.networks),
        held_under=scopes,
        held_by=network,
        kind=kind,
        mode=mode,
        since=since,
        until=until,
    )
    return await _page(db, caller, cell, shown, paging, counted=bool(scopes))


@router.get("/drafts", dependencies=[may("read-draft", at=network_in_query)])
async def read_drafts(
    cell: ServedCell, network: UUID, path: PathInQuery, db: Db, caller: Caller, paging: Paged
) -> Page[EventView]:
    """What a network, and those below it, prepare and have not published."""
    shown = Shown(drafts=True, open_to=(), held_under=[path])
    return await _page(db, caller, cell, shown, paging, counted=True)


@router.get("/events/{event_id}", dependencies=[may("read-events")])
async def read(
    cell: ServedCell, event_id: UUID, db: Db, caller: Caller, freshly: Freshly, response: Response
) -> EventView:
    """One event. Errors: 404 unknown, not for you, or a draft of others."""
    async with db.reading(caller) as conn:
        event = await store.get(conn, cell, event_id)
        co_hosts = await directory.networks(conn, event.plan.co_hosts) if event.plan.co_hosts else {}
    if not _holds_with_others(caller, event, co_hosts.values(), freshly):
        _refuse_unless_seen(caller, event, freshly)
    set_etag(response, event.version)
    scoped = not freshly.stale(caller, deciding_cells(cell))
    return EventView.of(event, counted=scoped and _counts(caller, event))


@router.patch("/events/{event_id}", dependencies=[may("change-event", at=network_of_event)])
async def change(
    cell: ServedCell,
    event_id: UUID,
    body: ChangeEvent,
    seen: ExpectedVersion,
    db: Db,
    caller: Caller,
    response: Response,
) -> EventView:
    """Change it. Errors: 409 over, cancelled, or fewer places than are confirmed; 412 changed meanwhile."""
    async with db.transaction(caller) as conn:
        event = await actions.change(conn, cell, event_id, body.changes(), seen=seen, at=clock.now())
        return await _kept(conn, event, response)


@router.post("/events/{event_id}/publish", dependencies=[may("publish-event", at=network_of_event)])
async def publish(
    cell: ServedCell,
    event_id: UUID,
    db: Db,
    caller: Caller,
    response: Response,
    body: Nothing | None = None,
) -> EventView:
    """Open it to those who may come. Errors: 409 published before or cancelled, 422 it would have started."""
    async with db.transaction(caller) as conn:
        event = await actions.publish_draft(conn, cell, event_id, at=clock.now())
        return await _kept(conn, event, response)


@router.post("/events/{event_id}/cancel", dependencies=[may("cancel-event", at=network_of_event)])
async def cancel(
    cell: ServedCell,
    event_id: UUID,
    db: Db,
    caller: Caller,
    response: Response,
    body: Nothing | None = None,
) -> EventView:
    """Say that it will not take place. Errors: 409 cancelled before, or over."""
    async with db.transaction(caller) as conn:
        event = await actions.cancel(conn, cell, event_id, at=clock.now())
        return await _kept(conn, event, response)


async def _kept(conn: Conn, event: Event, response: Response, *, status: int = 200) -> EventView:
    """The answer to somebody who prepares the event, stored with the effect."""
    tag = etag(event.version)
    response.headers["etag"] = tag
    return await keep(conn, EventView.of(event, counted=True), status=status, headers={"etag": tag})


async def _page(
    db: Database, caller: Principal, cell: str, shown: Shown, paging: Paging, *, counted: bool
) -> Page[EventView]:
    """counted: whether the caller's grants count just now."""
    as_of, after = clock.now(), None
    if paging.after is not None:
        as_of, is_past, distance, last = paging.after
        after = Position(is_past=is_past, distance=distance, id=last)
    async with db.reading(caller) as conn:
        found = await listing.listed(conn, cell, shown, as_of=as_of, after=after, limit=paging.limit + 1)
    page = paging.page(found, lambda item: (as_of, item[1].is_past, item[1].distance, item[1].id))
    views = [EventView.of(event, counted=counted and _counts(caller, event)) for event, _ in page.items]
    return Page(items=views, next=page.next)


def _refuse_unless_seen(caller: Principal, event: Event, freshly: Freshness) -> None:
    is_public = event.published_at is not None
    if is_public and not caller.networks.isdisjoint(event.plan.rule.networks):
        return
    # Whoever works at its network sees a published event; drafts are for those who prepare events.
    action = AT_THE_DOOR if is_public else "read-draft"
    decide(caller, action, event.network_path, cells=deciding_cells(event.cell), freshness=freshly)


def _holds_with_others(
    caller: Principal, event: Event, co_hosts: Iterable[directory.Network], freshly: Freshness
) -> bool:
    """Whoever holds a role at a co-host sees the published event, and nothing of who comes to it."""
    return event.published_at is not None and any(
        allows(caller, AT_THE_DOOR, network.path) and not freshly.stale(caller, deciding_cells(network.cell))
        for network in co_hosts
    )


def _counts(caller: Principal, event: Event) -> bool:
    return allows(caller, AT_THE_DOOR, event.network_path)


def _door_scopes(caller: Principal) -> list[str]:
    return sorted({grant.path for grant in caller.grants if grant.role in RIGHTS[AT_THE_DOOR].roles})
