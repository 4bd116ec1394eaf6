"""The webhooks of one process: a sender, and a watch over endpoints that fail and subscriptions that end."""

from datetime import timedelta

import structlog

from notifications_service.pauses import wait
from notifications_service.settings import NotificationsSettings
from notifications_service.webhooks import actions, endpoints, figures, store
from notifications_service.webhooks.model import KEPT
from notifications_service.webhooks.sender import Sender
from notifications_service.webhooks.signing import Vault
from servicekit import clock
from servicekit.faults import is_away, is_contention
from servicekit.process import Work
from servicekit.together import together

log = structlog.get_logger(__name__)

WATCH_SECONDS = 5.0


async def send_webhooks(work: Work[NotificationsSettings]) -> None:
    """Send and watch until told to stop."""
    settings = work.settings
    sender = Sender(db=work.db, vault=Vault.of(settings.secrets_dir), test_targets=settings.test_targets)
    await together([("webhooks", sender.run(work.stopping)), ("webhooks' watch", _watch(work))])


async def _watch(work: Work[NotificationsSettings]) -> None:
    while not work.stopping.is_set():
        try:
            await look(work)
        except Exception as error:
            if not (is_away(error) or is_contention(error)):
                raise
            log.warning("webhooks.watch-waiting", error=type(error).__name__)
        await wait(work.stopping, WATCH_SECONDS)


async def look(work: Work[NotificationsSettings]) -> None:
    """Once: end, disable, warn, let go of what is old, and count."""
    settings, now = work.settings, clock.now()
    async with work.db.transaction() as conn:
        await actions.look_after(
            conn,
            warn_after=timedelta(hours=settings.webhook_warn_after_hours),
            disable_after=timedelta(days=settings.webhook_disable_after_days),
            now=now,
        )
        await store.forget(conn, before=now - KEPT)
        standing = await endpoints.standing(conn)
    figures.show(standing.endpoints, queued=standing.queued, oldest=standing.oldest, now=now)
