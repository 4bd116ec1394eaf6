"""A region looks every second for mails whose people have moved on; the national deployment has nobody to ask."""

from notifications_service import figures
from notifications_service.handing_on import actions
from notifications_service.settings import NotificationsSettings
from notifications_service.tellings.model import State
from servicekit import clock
from servicekit.cells import NATIONAL
from servicekit.process import Work
from servicekit.rounds import repeat

EVERY_SECONDS = 1.0


async def hand_on_who_moved(work: Work[NotificationsSettings]) -> None:
    """Runs until told to stop; a database that is away is waited for."""

    async def once() -> None:
        async with work.db.transaction() as conn:
            left = await actions.hand_on(conn, now=clock.now())
        figures.MAILS.labels(State.HANDED_ON.value).inc(left)

    if not work.cells.serves(NATIONAL):
        await repeat(once, work.stopping, every=EVERY_SECONDS, waiting="handing-on.waiting")
