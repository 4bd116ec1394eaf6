"""Changes of networks on their days: the earliest first, missed days caught up, each once and by itself."""

from typing import Any

import structlog

from membership_service.changes import carrying_out
from membership_service.changes.carrying_out import Hour, Overtaken
from membership_service.changes.model import FAILED
from servicekit import clock
from servicekit.crash_points import Point, reached
from servicekit.ids import new_id
from servicekit.process import Work
from servicekit.rounds import repeat

EVERY_SECONDS = 10.0
"""How long a change may lag behind midnight."""

log = structlog.get_logger(__name__)


async def changes_that_are_due(work: Work[Any]) -> None:
    """Carry out what is due. Waits while the database is away, or the people concerned are in somebody else's hands."""

    async def once() -> bool:
        async with work.db.transaction() as conn:
            change = await carrying_out.next_due(conn, Hour(now=clock.now(), draw_id=new_id))
            if change is not None:
                reached(Point.CHANGE_CARRIED_OUT)
        if change is not None and change.state == FAILED:
            log.error("network-changes.failed", change_id=str(change.id), what=change.wish.what)
        return change is not None

    await repeat(once, work.stopping, every=EVERY_SECONDS, waiting="network-changes.postponed", waits_for=(Overtaken,))
