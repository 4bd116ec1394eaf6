"""Registrations over HTTP: anybody registers for themselves; those at the event's network see the door list."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response

from access import Caller, Db, may
from access.guard import Place
from events_service.edge import Nothing, Person, ServedCell, door_of_event, served_cell
from events_service.gatherings import store as gatherings
from events_service.people.names import searched_as
from events_service.registrations import actions, door_list, lookups, store
from events_service.registrations.actions import Wish
from events_service.registrations.model import Status, draw_code
from events_service.registrations.store import Standing
from events_service.registrations.views import DoorEntryView, RegistrationView
from servicekit import clock
from servicekit.clock import london_day
from servicekit.database import Conn, Held
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.problem import Problem
from servicekit.web import Page, Paged
from servicekit.web.direct import direct
from servicekit.web.grouping import Asked, GroupedCommands

router = APIRouter(prefix="/api/v1/cells/{cell}", tags=["registrations"], dependencies=[Depends(served_cell)])

unpredictable_code = partial(draw_code, secrets.randbelow)


async def own(person: Person) -> Place:
    """Whatever lies there is the caller's own."""
    return Place("", owner=person)


async def place_of_registration(cell: ServedCell, registration_id: UUID, db: Db, caller: Caller) -> Place:
    """The network that holds the event, and the registrant."""
    async with db.reading(caller) as conn:
        owner, path = await lookups.owner_and_network(conn, cell, registration_id)
    return Place(path, owner=owner)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one request to register says."""

    cell: str
    event_id: UUID
    person_id: UUID


async def register_all(
    conn: Conn, requests: Sequence[Asked[Wanted]], *, waits: bool
) -> list[RegistrationView | Problem | Held]:
    """Those that have arrived together, in this order, in one transaction."""
    wishes = [
        Wish(
            cell=asked.what.cell,
            event_id=asked.what.event_id,
            person_id=asked.what.person_id,
            id=new_id(),
            command=asked.command,
        )
        for asked in requests
    ]
    outcomes = await actions.register(
        conn,
        wishes,
        draw_code=unpredictable_code,
        at=clock.now(),
        lock=gatherings.lock_one if waits else gatherings.lock_free,
    )
    return [
        RegistrationView.of(wish.cell, outcome) if isinstance(outcome, Standing) else outcome
        for wish, outcome in zip(wishes, outcomes, strict=True)
    ]


def prepare(app: FastAPI) -> None:
    app.state.registering = GroupedCommands(register_all, database=lambda: app.state.database, status=201)


@router.post(
    "/events/{event_id}/registrations",
    status_code=201,
    response_model=RegistrationView,
    dependencies=[may("register")],
)
@direct
async def register(
    cell: ServedCell, event_id: UUID, request: Request, caller: Caller, person: Person, body: Nothing | None = None
) -> Response:
    """Register yourself. Errors: 403 not eligible, and why; 409 registered already, cancelled, or over."""
    registering: GroupedCommands[Wanted] = request.app.state.registering
    return await registering.answer(caller, Wanted(cell, event_id, person))


@router.get("/events/{event_id}/registrations", dependencies=[may("read-registrations", at=door_of_event)])
async def read_door_list(
    cell: ServedCell,
    event_id: UUID,
    db: Db,
    caller: Caller,
    paging: Paged,
    name: Annotated[str | None, Query(max_length=100)] = None,
    status: Annotated[Status | None, Query()] = None,
) -> Page[DoorEntryView]:
    """Who has registered, by name, and who of them may not come any more.

    name: beginnings of names, or something much like them.
    """
    words = searched_as(name).split() if name else None
    async with db.reading(caller) as conn:
        entries = await door_list.page(
            conn,
            event_id,
            words=words or None,
            status=status,
            after=(paging.after[0], paging.after[1], paging.after[2]) if paging.after else None,
            limit=paging.limit + 1,
        )
        event = await gatherings.get(conn, cell, event_id)
        on = london_day(min(clock.now(), event.plan.when.ends_at))
        flags = await door_list.may_not_come(conn, event, entries, on=on)
    page = paging.page(entries, lambda entry: entry.position)
    items = [DoorEntryView.of_entry(cell, entry, flags.get(entry.standing.registration.id)) for entry in page.items]
    return Page(items=items, next=page.next)


@router.get("/registrations", dependencies=[may("read-registration", at=own)])
async def read_own(cell: ServedCell, db: Db, caller: Caller, person: Person, paging: Paged) -> Page[RegistrationView]:
    """The caller's registrations in this cell, the latest first."""
    async with db.reading(caller) as conn:
        found = await store.of_person(
            conn,
            cell,
            person,
            before=(paging.after[0], paging.after[1]) if paging.after else None,
            limit=paging.limit + 1,
        )
    page = paging.page(found, lambda one: (one.registration.registered_at, one.registration.id))
    return Page(items=[RegistrationView.of(cell, standing) for standing in page.items], next=page.next)


@router.get("/registrations/{registration_id}", dependencies=[may("read-registration", at=place_of_registration)])
async def read(cell: ServedCell, registration_id: UUID, db: Db, caller: Caller) -> RegistrationView:
    """One registration, with its place in line as it is now."""
    async with db.reading(caller) as conn:
        standing = await store.standing(conn, cell, registration_id)
    return RegistrationView.of(cell, standing)


@router.post(
    "/registrations/{registration_id}/cancel",
    dependencies=[may("cancel-registration", at=place_of_registration)],
)
async def cancel(
    cell: ServedCell, registration_id: UUID, db: Db, caller: Caller, body: Nothing | None = None
) -> RegistrationView:
    """Give it up; a place goes to the first in line. Errors: 409 cancelled before, checked in, or over."""
    async with db.transaction(caller) as conn:
        standing = await actions.cancel(conn, cell, registration_id, at=clock.now())
        return await keep(conn, RegistrationView.of(cell, standing))
