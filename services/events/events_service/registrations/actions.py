"""The verbs of registrations; each locks the event's row first, so that capacity and order hold under any rush."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from events_service.gatherings import store as gatherings
from events_service.gatherings.model import Event
from events_service.gatherings.signals import origin
from events_service.registrations import admission, line, signals, store
from events_service.registrations.model import (
    NotEligible,
    Registration,
    Status,
    already_registered,
)
from events_service.registrations.store import Standing
from servicekit.clock import london_day
from servicekit.database import Conn
from servicekit.outbox import publish

Lock: TypeAlias = Callable[[Conn, str, UUID], Awaitable[Event]]
"""Holds the row of an event of a cell, and says how many of its places are taken."""


async def register(
    conn: Conn,
    cell: str,
    event_id: UUID,
    person_id: UUID,
    *,
    id: UUID,
    draw_code: Callable[[], str],
    at: datetime,
    lock: Lock = gatherings.lock,
) -> Standing:
    """A place while there is one, else the last place in line.

    lock: a seam for the test that takes the capacity lock away.
    """
    event = await lock(conn, cell, event_id)
    event.refuse_registration(at=at)
    existing = await store.find_live(conn, event_id, person_id)
    if existing is not None:
        raise already_registered(cell, existing)
    await _refuse_if_not_eligible(conn, event, person_id, at=at)
    event = await line.fill(conn, event, at=at)
    registration = await _store(conn, event, person_id, id=id, draw_code=draw_code, at=at)
    if registration.status is Status.CONFIRMED:
        await publish(conn, signals.confirmed(registration), at=origin(event))
        return Standing(registration=registration, place_in_line=None)
    last = event.waiting + 1
    await publish(conn, signals.waitlisted(registration, place_in_line=last), at=origin(event))
    return Standing(registration=registration, place_in_line=last)


async def cancel(conn: Conn, cell: str, registration_id: UUID, *, at: datetime) -> Standing:
    """Give up a place, which goes to the first in line, or a place in line."""
    event_id = await store.event_of(conn, cell, registration_id)
    event = await gatherings.lock(conn, cell, event_id)
    event.refuse_if_cancelled()
    event.refuse_if_over(at)
    before = (await store.standing(conn, cell, registration_id)).registration
    cancelled = before.cancel()
    await store.save_cancelled(conn, cancelled, was=before.status)
    await publish(conn, signals.cancelled(cancelled), at=origin(event))
    await line.fill(conn, _without(event, before.status), at=at)
    return Standing(registration=cancelled, place_in_line=None)


async def fill_free_places(conn: Conn, cell: str, event_id: UUID, *, at: datetime) -> None:
    """Look through the line again: somebody in it may have become eligible since a place became free."""
    event = await gatherings.lock(conn, cell, event_id)
    if event.takes_registrations(at=at):
        await line.fill(conn, event, at=at)


def _without(event: Event, status: Status) -> Event:
    """The event once somebody with this status has left."""
    return replace(
        event,
        confirmed=event.confirmed - (status is Status.CONFIRMED),
        waiting=event.waiting - (status is Status.WAITING),
    )


async def _refuse_if_not_eligible(conn: Conn, event: Event, person_id: UUID, *, at: datetime) -> None:
    answer = (await admission.answers(conn, event, [person_id], on=london_day(at)))[person_id]
    if not answer.ok:
        raise NotEligible(
            f'You cannot register for "{event.plan.title}": {answer.because}.',
            reason=answer.code,
            because=answer.because,
        )


async def _store(
    conn: Conn, event: Event, person_id: UUID, *, id: UUID, draw_code: Callable[[], str], at: datetime
) -> Registration:
    waits = event.free == 0
    while True:
        stored = await store.insert(
            conn,
            Registration(
                id=id,
                event_id=event.id,
                person_id=person_id,
                status=Status.WAITING if waits else Status.CONFIRMED,
                place=0,
                code=draw_code(),
                registered_at=at,
                waited=waits,
                attended_at=None,
                flag=None,
                version=1,
            ),
        )
        if stored is not None:
            return stored
