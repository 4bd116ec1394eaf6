"""A region looks every second for mails whose people have moved on; the national deployment has nobody to ask."""

import structlog

from notifications_service import figures
from notifications_service.handing_on import actions
from notifications_service.pauses import wait
from notifications_service.settings import NotificationsSettings
from notifications_service.tellings.model import State
from servicekit import clock
from servicekit.cells import NATIONAL
from servicekit.faults import is_away, is_contention
from servicekit.process import Work

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0


async def hand_on_who_moved(work: Work[NotificationsSettings]) -> None:
    """Runs until told to stop; a database that is away is waited for."""
    while not (work.stopping.is_set() or work.cells.serves(NATIONAL)):
        try:
            async with work.db.transaction() as conn:
                left = await actions.hand_on(conn, now=clock.now())
        except Exception as error:
            if not (is_away(error) or is_contention(error)):
                raise
            log.warning("handing-on.waiting", error=type(error).__name__)
        else:
            figures.MAILS.labels(State.HANDED_ON.value).inc(left)
        await wait(work.stopping, EVERY_SECONDS)
