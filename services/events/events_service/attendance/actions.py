"""The verb of the door: somebody is there, recorded once, however often the door is asked."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from events_service.attendance.model import CheckedIn, refuse_check_in, undone
from events_service.gatherings import store as gatherings
from events_service.gatherings.model import Event
from events_service.gatherings.signals import origin
from events_service.registrations import lookups, signals, store
from events_service.registrations.model import Registration, read_code
from events_service.tickets import store as tickets
from events_service.tickets.model import Ticket, refuse_superseded, used_already
from servicekit.command import Command
from servicekit.database import Conn, Held
from servicekit.outbox import Outgoing, publish, publish_all
from servicekit.problem import NotFound, NothingHere, Problem

Lock: TypeAlias = Callable[[Conn, Collection[tuple[str, UUID]]], Awaitable[gatherings.Locked]]


class UnknownCode(NotFound):
    code = "unknown-code"
    title = "No registration of this event has that code"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrival:
    """Somebody stands at an event's door."""

    cell: str
    event_id: UUID
    who: UUID | str
    """A registration's id, or its code as it was typed."""
    ticket: Ticket | None = None
    """What they have shown, where it was a ticket: read, and for this event; `who` is its registration."""
    command: Command | None = None
    """The request, where it is one of several that are served together."""

    @property
    def event(self) -> tuple[str, UUID]:
        return self.cell, self.event_id

    @property
    def named(self) -> tuple[UUID, UUID | str]:
        """The event, and the registration's id or its code as we write it."""
        return self.event_id, self.who if isinstance(self.who, UUID) else read_code(self.who)


Outcome: TypeAlias = CheckedIn | Problem | Held


async def check_in(
    conn: Conn,
    arrivals: Sequence[Arrival],
    *,
    opens_before: timedelta,
    at: datetime,
    lock: Lock = gatherings.lock_free,
) -> list[Outcome]:
    """Record who was there; for each what was recorded, or a refusal, which is its own alone."""
    events = await lock(conn, {arrival.event for arrival in arrivals})
    open_events: dict[tuple[str, UUID], Event | Problem | Held] = {
        pair: _open_or_refusal(event, at=at, opens_before=opens_before) for pair, event in events.items()
    }
    wanted = [arrival for arrival in arrivals if isinstance(open_events[arrival.event], Event)]
    known = await lookups.named(conn, [arrival.named for arrival in wanted])
    numbers = await tickets.numbers(conn, {arrival.ticket.registration_id for arrival in wanted if arrival.ticket})
    outcomes: list[Outcome] = []
    recorded: list[tuple[Arrival, Registration]] = []
    for arrival in arrivals:
        event = open_events[arrival.event]
        outcome = _let_in(known, arrival, at=at) if isinstance(event, Event) else event
        if arrival.ticket is not None and isinstance(event, Event) and isinstance(outcome, CheckedIn):
            outcome = _judged(arrival.ticket, outcome, current=numbers[outcome.registration.id], event=event)
        if isinstance(outcome, CheckedIn) and not outcome.already:
            recorded.append((arrival, outcome.registration))
            _remember(known, outcome.registration)
        outcomes.append(outcome)
    await _record(conn, recorded, open_events)
    return outcomes


def _open_or_refusal(event: Event | Problem | Held, *, at: datetime, opens_before: timedelta) -> Event | Problem | Held:
    if isinstance(event, Event):
        try:
            refuse_check_in(event, at=at, opens_before=opens_before)
        except Problem as refusal:
            return refusal
    return event


Known = dict[tuple[UUID, UUID | str], Registration]
"""Registrations by event, and id or code."""


def _let_in(known: Known, arrival: Arrival, *, at: datetime) -> CheckedIn | Problem:
    before = known.get(arrival.named)
    if before is None:
        return _nobody(arrival)
    try:
        attended = before.attend(at=at)
    except Problem as refusal:
        return refusal
    return CheckedIn(registration=attended, already=attended is before)


def _judged(ticket: Ticket, outcome: CheckedIn, *, current: int, event: Event) -> CheckedIn | Problem:
    """Only the newest ticket lets somebody in, and only once."""
    try:
        refuse_superseded(ticket, current)
    except Problem as refusal:
        return refusal
    return used_already(outcome.registration, event.plan.when.zone) if outcome.already else outcome


def _nobody(arrival: Arrival) -> Problem:
    if isinstance(arrival.who, UUID):
        return NothingHere()
    code = read_code(arrival.who)
    return UnknownCode(f"No registration of this event has the code {code[:20]}: look for the name instead.")


def _remember(known: Known, registration: Registration) -> None:
    """Whoever comes again in the same group has been there already."""
    for name in (registration.id, registration.code):
        if (registration.event_id, name) in known:
            known[registration.event_id, name] = registration


async def _record(conn: Conn, recorded: Sequence[tuple[Arrival, Registration]], events: gatherings.Locked) -> None:
    if not recorded:
        return
    await store.save_attended(conn, [registration for _, registration in recorded])
    await publish_all(
        conn,
        [
            Outgoing(signals.attended(registration), origin(event), arrival.command)
            for arrival, registration in recorded
            if isinstance(event := events[arrival.event], Event)
        ],
    )


async def undo(conn: Conn, cell: str, event_id: UUID, registration_id: UUID, *, at: datetime) -> Registration:
    """Take back a check-in that was a mistake. Raises NotFound, NotCheckedIn, TooLateToUndo."""
    event = await gatherings.lock(conn, cell, event_id)
    known = await lookups.named(conn, [(event_id, registration_id)])
    if (event_id, registration_id) not in known:
        raise NothingHere
    registration = undone(known[event_id, registration_id], at=at)
    await store.save_attended(conn, [registration])
    await publish(conn, signals.withdrawn(registration), at=origin(event))
    return registration
