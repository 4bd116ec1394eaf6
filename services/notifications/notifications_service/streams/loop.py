"""What partners have had time to read is let go; their cursors into it are then answered with 410."""

from datetime import timedelta

from notifications_service.settings import NotificationsSettings
from notifications_service.streams import store
from servicekit import clock
from servicekit.process import Work
from servicekit.rounds import repeat

EVERY_SECONDS = 3600.0


async def let_go_of_old_items(work: Work[NotificationsSettings]) -> None:
    """Look every hour until told to stop."""
    kept_for = timedelta(days=work.settings.stream_kept_days)

    async def once() -> None:
        async with work.db.transaction() as conn:
            await store.forget(conn, before=clock.now() - kept_for)

    await repeat(once, work.stopping, every=EVERY_SECONDS, waiting="streams.waiting")
