"""What opens a report is forgotten soon after it does no longer."""

from notifications_service.reports import store
from notifications_service.settings import NotificationsSettings
from servicekit import clock
from servicekit.process import Work
from servicekit.rounds import repeat

EVERY_SECONDS = 60.0


async def forget_old_links(work: Work[NotificationsSettings]) -> None:
    """Look every minute until told to stop."""

    async def once() -> None:
        async with work.db.transaction() as conn:
            await store.forget_links(conn, now=clock.now())

    await repeat(once, work.stopping, every=EVERY_SECONDS, waiting="reports.waiting")
