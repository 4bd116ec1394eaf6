"""What partners have had time to read is let go; their cursors into it are then answered with 410."""

from datetime import timedelta

import structlog

from notifications_service.pauses import wait
from notifications_service.settings import NotificationsSettings
from notifications_service.streams import store
from servicekit import clock
from servicekit.faults import is_away, is_contention
from servicekit.process import Work

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3600.0


async def let_go_of_old_items(work: Work[NotificationsSettings]) -> None:
    """Look every hour until told to stop."""
    kept_for = timedelta(days=work.settings.stream_kept_days)
    while not work.stopping.is_set():
        try:
            async with work.db.transaction() as conn:
                await store.forget(conn, before=clock.now() - kept_for)
        except Exception as error:
            if not (is_away(error) or is_contention(error)):
                raise
            log.warning("streams.waiting", error=type(error).__name__)
        await wait(work.stopping, EVERY_SECONDS)
