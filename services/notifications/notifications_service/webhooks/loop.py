"""The webhooks of one process: a sender, and a watch over endpoints that fail and subscriptions that end."""

from datetime import timedelta
from functools import partial

from notifications_service.settings import NotificationsSettings
from notifications_service.webhooks import actions, endpoints, figures, store
from notifications_service.webhooks.model import KEPT
from notifications_service.webhooks.sender import Sender
from notifications_service.webhooks.signing import Vault
from servicekit import clock
from servicekit.process import Work
from servicekit.rounds import repeat
from servicekit.together import together

WATCH_SECONDS = 5.0


async def send_webhooks(work: Work[NotificationsSettings]) -> None:
    """Send and watch until told to stop."""
    settings = work.settings
    sender = Sender(db=work.db, vault=Vault.of(settings.secrets_dir), test_targets=settings.test_targets)
    await together([("webhooks", sender.run(work.stopping)), ("webhooks' watch", _watch(work))])


async def _watch(work: Work[NotificationsSettings]) -> None:
    await repeat(partial(look, work), work.stopping, every=WATCH_SECONDS, waiting="webhooks.watch-waiting")


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
