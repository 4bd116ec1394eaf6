"""What opens a report is forgotten soon after it does no longer."""

import structlog

from notifications_service.pauses import wait
from notifications_service.reports import store
from notifications_service.settings import NotificationsSettings
from servicekit import clock
from servicekit.faults import is_away, is_contention
from servicekit.process import Work

log = structlog.get_logger(__name__)

EVERY_SECONDS = 60.0


async def forget_old_links(work: Work[NotificationsSettings]) -> None:
    """Look every minute until told to stop."""
    while not work.stopping.is_set():
        try:
            async with work.db.transaction() as conn:
                await store.forget_links(conn, now=clock.now())
        except Exception as error:
            if not (is_away(error) or is_contention(error)):
                raise
            log.warning("reports.waiting", error=type(error).__name__)
        await wait(work.stopping, EVERY_SECONDS)
