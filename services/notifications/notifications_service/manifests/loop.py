"""Days are closed soon after they are over, and those of an outage afterwards, one by one."""

from datetime import timedelta

import structlog

from notifications_service.manifests import actions, store
from notifications_service.manifests.signing import Signer
from notifications_service.settings import NotificationsSettings
from servicekit import clock
from servicekit.faults import is_away, is_contention
from servicekit.process import Work
from servicekit.rounds import wait

log = structlog.get_logger(__name__)

EVERY_SECONDS = 60.0
PAUSE_BETWEEN_DAYS = 0.05


async def sign_manifests(work: Work[NotificationsSettings]) -> None:
    """Look every minute until told to stop."""
    signer = Signer.of(work.settings.secrets_dir)
    while not work.stopping.is_set():
        made = 0
        try:
            made = await close_what_is_over(work, signer)
        except Exception as error:
            if not (is_away(error) or is_contention(error)):
                raise
            log.warning("manifests.waiting", error=type(error).__name__)
        await wait(work.stopping, PAUSE_BETWEEN_DAYS if made else EVERY_SECONDS)


async def close_what_is_over(work: Work[NotificationsSettings], signer: Signer) -> int:
    """One day. Returns how many manifests were made."""
    settings, now = work.settings, clock.now()
    kept_for = timedelta(days=settings.stream_kept_days)
    async with work.db.transaction() as conn:
        await store.forget(conn, before=now - kept_for)
        return await actions.close_a_day(
            conn, work.cells.served, signer=signer, issuer=settings.public_url, kept_for=kept_for, now=now
        )
