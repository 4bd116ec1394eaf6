"""Erasures that were asked for are carried out at once, one by one; nobody waits for a person to do it."""

from typing import Any

import structlog

from membership_service.erasures import actions, figures, store
from servicekit import clock
from servicekit.crash_points import Point, reached
from servicekit.process import Work
from servicekit.rounds import repeat

EVERY_SECONDS = 0.5
LOOKED_AFTER_EVERY_SECONDS = 10.0

log = structlog.get_logger(__name__)


async def erasures_asked_for(work: Work[Any]) -> None:
    """Carry them out. Waits while the database is away, or the person is in somebody else's hands."""

    async def carry_out() -> bool:
        async with work.db.transaction() as conn:
            erasure = await actions.carry_out_next(conn, work.cells.all, now=clock.now())
            if erasure is not None:
                reached(Point.ERASURE_WRITTEN)
        if erasure is not None:
            reached(Point.ERASURE_COMMITTED)
            log.info("erasures.settled", erasure_id=str(erasure.id), state=erasure.state)
        return erasure is not None

    await repeat(carry_out, work.stopping, every=EVERY_SECONDS, waiting="erasures.postponed")


async def erasures_unanswered(work: Work[Any]) -> None:
    """Look after those that were carried out, until nothing is left to do.

    Say which are overdue: to the figures, and to the log with what is awaited, so that status shows it.
    """

    async def look() -> None:
        async with work.db.transaction() as conn:
            await store.let_imports_in(conn)
            await actions.sweep(conn, work.cells.all, now=clock.now())
            overdue = await actions.overdue(conn, work.cells.all, now=clock.now())
        figures.OVERDUE.set(len(overdue))
        for one in overdue[:1]:
            log.error("erasures.overdue", erasure_id=str(one.erasure.id), state=one.erasure.state, awaited=one.awaited)

    await repeat(look, work.stopping, every=LOOKED_AFTER_EVERY_SECONDS, waiting="erasures.postponed")
