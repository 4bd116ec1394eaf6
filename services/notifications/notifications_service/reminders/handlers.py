"""Dates of events come in, and timers come due; who is told is found out later."""

from collections.abc import Mapping, Sequence
from typing import Any

from events_contracts import EventCancelled, EventChanged
from events_contracts.gatherings import EventState
from notifications_service.reminders import actions, store
from notifications_service.reminders.model import TIMER
from notifications_service.reminders.store import KeptDate
from servicekit import clock
from servicekit.consumers import Delivery
from servicekit.database import Conn
from servicekit.process import Work
from servicekit.timers import Timer, TimerHandler


async def plan_reminders(conn: Conn, deliveries: Sequence[Delivery[EventState]]) -> None:
    await store.keep(conn, [_date(delivery) for delivery in deliveries])
    await actions.plan(conn, list({delivery.data.event_id for delivery in deliveries}))


async def stop_reminding_of_the_old_date(conn: Conn, changed: Delivery[EventChanged]) -> None:
    await actions.stop_old(conn, changed.data.event_id, now=clock.now())


def reminder_timers(work: Work[Any]) -> Mapping[str, TimerHandler]:
    """What is done when a reminder of a lead that is wanted here comes due."""
    settings = work.settings

    async def remind(conn: Conn, timer: Timer) -> None:
        await actions.remind(conn, timer, now=clock.now(), tell_from=settings.tell_from)

    return {TIMER + lead: remind for lead in settings.reminder_leads}


def _date(delivery: Delivery[EventState]) -> KeptDate:
    event = delivery.data
    return KeptDate(
        event_id=event.event_id,
        version=event.version,
        revision=event.revision,
        starts_at=event.starts_at,
        known_at=delivery.time,
        cancelled=isinstance(event, EventCancelled),
        cell=delivery.cell,
        network=delivery.network,
    )
