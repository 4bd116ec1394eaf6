"""What requests and mails in flight wrote of somebody, while they were erased, is erased a moment later."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from servicekit import clock
from servicekit.consumers.apply import is_transient
from servicekit.database import Database
from servicekit.process import Loop, Work
from servicekit.subjects.forgetting import forget
from servicekit.subjects.holdings import Holding

log = structlog.get_logger(__name__)

EVERY_SECONDS = 15.0
FOR = timedelta(minutes=10)
"""Longer than any request, mail or webhook is in flight."""


def forgets_again(holdings: Sequence[Holding]) -> Loop:
    """A loop of `work`: handlers shut out what signals bring late, but not what a request was just doing."""

    async def forget_again(work: Work[Any]) -> None:
        while not work.stopping.is_set():
            try:
                await look_again(work.db, holdings, now=clock.now())
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("erasures.database-unavailable", error=type(error).__name__)
            try:
                async with asyncio.timeout(EVERY_SECONDS):
                    await work.stopping.wait()
            except TimeoutError:
                continue

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
