"""The line moves whenever a place is free: strictly in order, past those who may not come any more."""

from dataclasses import replace
from datetime import datetime

from events_service.gatherings.model import Event
from events_service.gatherings.signals import origin
from events_service.registrations import admission, signals, store
from events_service.registrations.model import fill_places
from servicekit.clock import london_day
from servicekit.crash_points import Point, reached
from servicekit.database import Conn
from servicekit.outbox import Outgoing, publish_all

AT_A_TIME = 200


async def fill(conn: Conn, event: Event, *, at: datetime) -> Event:
    """Give an event's free places to the first in line who may still come. The caller has locked its row.

    Returns the event with its counts as they are then.
    """
    seen = 0
    while event.free and event.waiting:
        line = await store.line(conn, event.id, after=seen, limit=AT_A_TIME)
        if not line:
            break
        seen = line[-1].place
        people = [waiting.person_id for waiting in line]
        answers = await admission.answers(conn, event, people, on=london_day(at))
        refusals = {person: answer.code for person, answer in answers.items() if not answer.ok}
        decision = fill_places(line, refusals, event.free)
        await store.save_decision(conn, event.id, decision)
        await publish_all(conn, [Outgoing(signals.promoted(one), origin(event)) for one in decision.promoted])
        count = len(decision.promoted)
        if count:
            reached(Point.WAITER_PROMOTED)
        event = replace(event, confirmed=event.confirmed + count, waiting=event.waiting - count)
    return event
