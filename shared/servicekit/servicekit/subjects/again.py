"""What requests and mails in flight wrote of somebody, while they were erased, is erased a moment later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from servicekit import clock
from servicekit.database import Database
from servicekit.process import Loop, Work
from servicekit.rounds import repeat
from servicekit.subjects.forgetting import forget
from servicekit.subjects.holdings import Holding

EVERY_SECONDS = 15.0
FOR = timedelta(minutes=10)
"""Longer than any request, mail or webhook is in flight."""


def forgets_again(holdings: Sequence[Holding]) -> Loop:
    """A loop of `work`: handlers shut out what signals bring late, but not what a request was just doing."""

    async def forget_again(work: Work[Any]) -> None:
        async def once() -> None:
            await look_again(work.db, holdings, now=clock.now())

        await repeat(once, work.stopping, every=EVERY_SECONDS, waiting="erasures.database-unavailable")

    return forget_again


async def look_again(db: Database, holdings: Sequence[Holding], *, now: datetime) -> int:
    """Forget those who were erased a short while ago once more; returns how many rows that took."""
    async with db.reading() as conn:
        recent = await conn.fetch("SELECT person_id FROM servicekit.erased_people WHERE at > $1 ORDER BY at", now - FOR)
    touched = 0
    for row in recent:
        async with db.transaction() as conn:
            touched += sum((await forget(conn, holdings, row["person_id"])).values())
    return touched
