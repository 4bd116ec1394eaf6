"""The verbs of registrations; each locks the event's row first, so that capacity and order hold under any rush."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from events_service.gatherings import store as gatherings
from events_service.gatherings.model import Event
from events_service.gatherings.signals import origin
from events_service.registrations import admission, line, lookups, signals, store
from events_service.registrations.model import Registration, Status, already_registered, not_eligible
from events_service.registrations.store import Standing
from servicekit.clock import london_day
from servicekit.command import Command
from servicekit.crash_points import Point, reached
from servicekit.database import Conn, Held
from servicekit.outbox import Outgoing, publish, publish_all
from servicekit.problem import Problem

Lock: TypeAlias = Callable[[Conn, Collection[tuple[str, UUID]]], Awaitable[gatherings.Locked]]
"""Holds the rows of events of cells, and says how many of their places are taken."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wish:
    """Somebody wants to come to an event; two alike are two all the same."""

    cell: str
    event_id: UUID
    person_id: UUID
    id: UUID
    """Of the registration, if it comes about."""
    command: Command | None = None
    """The request, where it is one of several that are served together."""

    @property
    def event(self) -> tuple[str, UUID]:
        return self.cell, self.event_id

    @property
    def who(self) -> tuple[UUID, UUID]:
        return self.event_id, self.person_id


Outcome: TypeAlias = Standing | Problem | Held


async def register(
    conn: Conn,
    wishes: Sequence[Wish],
    *,
    draw_code: Callable[[], str],
    at: datetime,
    lock: Lock = gatherings.lock_free,
) -> list[Outcome]:
    """For each wish a place while there is one, else the last place in line; or its refusal, which is its own alone.

    Whoever stands further up in the list came first. lock: also a seam for the test that takes the capacity lock away.
    """
    events = await lock(conn, {wish.event for wish in wishes})
    refused = await _refusals(conn, wishes, events, at=at)
    accepted = _once_each([wish for wish in wishes if wish not in refused])
    standings = await _give_places(conn, list(accepted.values()), events, draw_code=draw_code, at=at)
    outcomes: list[Outcome] = []
    for wish in wishes:
        if wish in refused:
            outcomes.append(refused[wish])
        elif accepted[wish.who] is not wish:
            outcomes.append(already_registered(wish.cell, standings[wish.who].registration))
        else:
            outcomes.append(standings[wish.who])
    return outcomes


async def _refusals(
    conn: Conn, wishes: Sequence[Wish], events: gatherings.Locked, *, at: datetime
) -> dict[Wish, Problem | Held]:
    """Why some may not register: asked of all at once."""
    refused: dict[Wish, Problem | Held] = {}
    for wish in wishes:
        event = events[wish.event]
        if not isinstance(event, Event):
            refused[wish] = event
        elif (refusal := _refused_by(event, at=at)) is not None:
            refused[wish] = refusal
    there = [wish for wish in wishes if wish not in refused]
    live = await lookups.live_of(conn, [wish.who for wish in there])
    refused |= {wish: already_registered(wish.cell, live[wish.who]) for wish in there if wish.who in live}
    new = [(wish, event) for wish in there if wish not in refused and isinstance(event := events[wish.event], Event)]
    answers = await admission.answers_of(conn, [(event, wish.person_id) for wish, event in new], on=london_day(at))
    for (wish, event), answer in zip(new, answers, strict=True):
        if not answer.ok:
            refused[wish] = not_eligible(event.plan.title, answer.code, answer.because)
    return refused


def _refused_by(event: Event, *, at: datetime) -> Problem | None:
    try:
        event.refuse_registration(at=at)
    except Problem as refusal:
        return refusal
    return None


def _once_each(wishes: Sequence[Wish]) -> dict[tuple[UUID, UUID], Wish]:
    """The first wish of each person for each event."""
    first: dict[tuple[UUID, UUID], Wish] = {}
    for wish in wishes:
        first.setdefault(wish.who, wish)
    return first


async def _give_places(
    conn: Conn, wishes: Sequence[Wish], events: gatherings.Locked, *, draw_code: Callable[[], str], at: datetime
) -> dict[tuple[UUID, UUID], Standing]:
    """By event and person, for those who may register; published in the order of the list."""
    if not wishes:
        return {}
    wanted = {wish.event: event for wish in wishes if isinstance(event := events[wish.event], Event)}
    current = {pair: await line.fill(conn, event, at=at) for pair, event in wanted.items()}
    codes = await _codes(conn, [wish.event_id for wish in wishes], draw_code)
    new, last = [], {}
    for wish, code in zip(wishes, codes, strict=True):
        event = current[wish.event]
        registration = _registration(wish, event, code=code, at=at)
        current[wish.event] = _with(event, registration.status)
        last[registration.id] = current[wish.event].waiting
        new.append(registration)
    stored = await store.insert_all(conn, new)
    reached(Point.PLACE_GIVEN)
    outgoing, standings = [], {}
    for wish, registration in zip(wishes, stored, strict=True):
        waits = registration.status is Status.WAITING
        place = last[registration.id] if waits else None
        told = signals.registered(registration, place_in_line=place)
        outgoing.append(Outgoing(told, origin(current[wish.event]), wish.command))
        standings[wish.who] = Standing(registration=registration, place_in_line=place)
    await publish_all(conn, outgoing)
    return standings


async def _codes(conn: Conn, events: Sequence[UUID], draw_code: Callable[[], str]) -> list[str]:
    """A code for each, that no other registration of its event has."""
    codes = [draw_code() for _ in events]
    while True:
        drawn = list(zip(events, codes, strict=True))
        taken = await lookups.codes_taken(conn, drawn)
        seen: set[tuple[UUID, str]] = set()
        again = []
        for place, pair in enumerate(drawn):
            if pair in taken or pair in seen:
                again.append(place)
            seen.add(pair)
        if not again:
            return codes
        for place in again:
            codes[place] = draw_code()


def _registration(wish: Wish, event: Event, *, code: str, at: datetime) -> Registration:
    waits = event.free == 0
    return Registration(
        id=wish.id,
        event_id=event.id,
        person_id=wish.person_id,
        status=Status.WAITING if waits else Status.CONFIRMED,
        place=0,
        code=code,
        registered_at=at,
        waited=waits,
        attended_at=None,
        flag=None,
        version=1,
    )


async def cancel(conn: Conn, cell: str, registration_id: UUID, *, at: datetime) -> Standing:
    """Give up a place, which goes to the first in line, or a place in line."""
    event_id = await lookups.event_of(conn, cell, registration_id)
    event = await gatherings.lock(conn, cell, event_id)
    event.refuse_if_cancelled()
    event.refuse_if_over(at)
    before = (await store.standing(conn, cell, registration_id)).registration
    cancelled = before.cancel()
    await store.save_cancelled(conn, cancelled, was=before.status)
    await publish(conn, signals.cancelled(cancelled), at=origin(event))
    reached(Point.PLACE_FREED)
    await line.fill(conn, _without(event, before.status), at=at)
    return Standing(registration=cancelled, place_in_line=None)


async def fill_free_places(conn: Conn, cell: str, event_id: UUID, *, at: datetime) -> None:
    """Look through the line again: somebody in it may have become eligible since a place became free."""
    event = await gatherings.lock(conn, cell, event_id)
    if event.takes_registrations(at=at):
        await line.fill(conn, event, at=at)


def _with(event: Event, status: Status) -> Event:
    """The event once somebody with this status has come."""
    return replace(
        event,
        confirmed=event.confirmed + (status is Status.CONFIRMED),
        waiting=event.waiting + (status is Status.WAITING),
    )


def _without(event: Event, status: Status) -> Event:
    """The event once somebody with this status has left."""
    return replace(
        event,
        confirmed=event.confirmed - (status is Status.CONFIRMED),
        waiting=event.waiting - (status is Status.WAITING),
    )
