"""An event with a date, and the timers that remind of it, fired by hand at an instant of the test's own."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from notifications_house import House, a_registration, network_id, published

from events_contracts import EventPublished, RegistrationConfirmed, Rule
from notifications_service.reminders.handlers import reminder_timers
from notifications_service.settings import NotificationsSettings
from servicekit import cells as cell_files
from servicekit import clock
from servicekit.process import Work
from servicekit.timers import TimerRunner

LONG_BEFORE = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
STARTS = datetime(2027, 1, 14, 10, 0, tzinfo=UTC)
DUE = STARTS - timedelta(hours=24)
MOVED: Mapping[str, Any] = {
    "starts": datetime.fromisoformat("2027-01-21T10:00"),
    "ends": datetime.fromisoformat("2027-01-21T16:00"),
    "starts_at": STARTS + timedelta(days=7),
    "ends_at": STARTS + timedelta(days=7, hours=6),
}


def a_runner(house: House, settings: NotificationsSettings | None = None) -> TimerRunner:
    settings = settings or house.settings
    runner = TimerRunner(dsn=house.database.worker, db=house.worker, handlers={})
    work = Work(
        settings=settings, cells=cell_files.load(settings.cells_file), db=house.worker, stopping=runner.stopping
    )
    runner.handlers = reminder_timers(work)
    return runner


async def fire(house: House, *, at: datetime, settings: NotificationsSettings | None = None) -> int:
    """Fire what is due at this instant; returns how many timers were looked at."""
    async with house.worker.pool.acquire() as conn:
        return await a_runner(house, settings).round(conn, now=at)


async def remind_all(house: House, *, at: datetime, settings: NotificationsSettings | None = None) -> None:
    """Fire what is due, and tell all who are meant."""
    await fire(house, at=at, settings=settings)
    announcer = house.announcer()
    for later in (0, 60, 120):
        while await announcer.round(now=at + timedelta(seconds=later)):
            pass


def at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: instant)


async def an_event(house: House, *, time: datetime = LONG_BEFORE, **given: Any) -> EventPublished:
    """One that nobody is invited to: only those are told who have a place."""
    event = published(rule=Rule(networks=[network_id("national.midlands.rjc")]), **given)
    await house.hear(event, time=time)
    return event


async def with_a_place(house: House, event: EventPublished) -> UUID:
    person = await house.person("national.london")
    await house.hear(a_registration(RegistrationConfirmed, event, person))
    return person


async def reminded(house: House) -> list[tuple[UUID, str]]:
    rows = await house.rows(kind="event-reminder", channel="in-app")
    return sorted((row["person_id"], row["cause"]) for row in rows)


def cause_of(event: EventPublished, *, revision: int = 1, lead: str = "24h") -> str:
    return f"event:{event.event_id}:starts@{revision}:{lead}"
