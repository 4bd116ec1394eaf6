"""Announcements are worked off behind everything else: a chunk of each in turn, as soon as the facts have arrived."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from notifications_service.announcements import actions, store
from notifications_service.announcements.catching_up import CatchUp, Mark
from notifications_service.announcements.model import Announcement
from notifications_service.pauses import wait
from servicekit import clock
from servicekit.database import Database
from servicekit.faults import is_away, is_contention
from servicekit.process import Work

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.25
LONGEST_WAIT_FOR_FACTS = timedelta(minutes=10)


@dataclass(slots=True, kw_only=True)
class Announcer:
    """mark, reached: where the facts' topics end, and whether all up to there has been applied."""

    db: Database
    mark: Callable[[], Awaitable[Mark]]
    reached: Callable[[Mark], Awaitable[bool]]
    chunk: int = actions.CHUNK
    _marks: dict[tuple[str, int], tuple[Mark, datetime]] = field(default_factory=dict)

    async def round(self, *, now: datetime) -> int:
        """One chunk of every announcement that is due; returns how many people were told."""
        async with self.db.reading() as conn:
            due = await store.due(conn, now=now)
        told = 0
        for announcement in due:
            if announcement.resume_after is not None or await self._facts_are_here(announcement, now):
                async with self.db.transaction() as conn:
                    told += await actions.announce_some(conn, announcement.cause, now=now, chunk=self.chunk)
        return told

    async def _facts_are_here(self, announcement: Announcement, now: datetime) -> bool:
        """Whether what had been sent when this pass was first looked at has been applied by now."""
        name = (announcement.cause, announcement.passes)
        if name not in self._marks:
            self._marks[name] = (await self.mark(), now)
        mark, since = self._marks[name]
        if now - since > LONGEST_WAIT_FOR_FACTS:
            log.error("announcements.facts-late", event_id=str(announcement.event_id))
        elif not await self.reached(mark):
            return False
        del self._marks[name]
        return True


async def announce(work: Work[Any]) -> None:
    """Announce until told to stop; what is away is waited for."""
    facts = CatchUp(service="notifications", cells=work.cells, bootstrap=work.settings.kafka_bootstrap, db=work.db)
    announcer = Announcer(db=work.db, mark=facts.mark, reached=facts.reached)
    try:
        while not work.stopping.is_set():
            if not await _round(announcer, facts):
                await wait(work.stopping, IDLE_SECONDS)
    finally:
        await facts.close()


async def _round(announcer: Announcer, facts: CatchUp) -> int:
    try:
        return await announcer.round(now=clock.now())
    except (KafkaError, OSError) as error:
        log.warning("announcements.waiting", error=type(error).__name__)
        await facts.close()
    except Exception as error:
        if not (is_away(error) or is_contention(error)):
            raise
        log.warning("announcements.waiting", error=type(error).__name__)
    await asyncio.sleep(IDLE_SECONDS)
    return 0
