"""Timers of a notifications service, fired by hand at an instant of the test's own."""

from datetime import datetime, timedelta

from notifications_house import House

from notifications_service.reminders.handlers import reminder_timers
from notifications_service.settings import NotificationsSettings
from servicekit import cells as cell_files
from servicekit.process import Work
from servicekit.timers import TimerRunner


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
