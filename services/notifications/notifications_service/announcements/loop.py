"""Announcements are worked off behind everything else: a chunk of each in turn, as soon as the facts have arrived."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from aiokafka.errors import KafkaError

from access.projection import FACTS
from notifications_service.announcements import actions, said, store
from notifications_service.announcements.model import Announcement, next_count
from notifications_service.consumers import NOTIFICATIONS
from notifications_service.tellings.model import Kind
from servicekit import clock
from servicekit.consumers.catching_up import CatchUp
from servicekit.consumers.marks import Marks
from servicekit.crash_points import Point, reached
from servicekit.database import Database
from servicekit.faults import is_away, is_contention
from servicekit.process import Work
from servicekit.rounds import wait

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.25
LONGEST_WAIT_FOR_FACTS = timedelta(minutes=10)


class Facts(Protocol):
    """Copies of others' facts that may be behind."""

    async def mark(self) -> Marks: ...

    async def reached(self, mark: Marks, /) -> bool: ...


@dataclass(slots=True, kw_only=True)
class Announcer:
    """mark, reached: where the facts' topics end, and whether all up to there has been applied."""

    db: Database
    mark: Callable[[], Awaitable[Marks]]
    reached: Callable[[Marks], Awaitable[bool]]
    events: "Facts | None" = None
    """The same of the events' topics, which say who has a place; None: as for the facts."""
    chunk: int = actions.CHUNK
    _marks: dict[tuple[str, int], tuple[Marks, datetime]] = field(default_factory=dict)

    async def round(self, *, now: datetime) -> int:
        """One chunk of every announcement that is due; returns how many people were told."""
        async with self.db.reading() as conn:
            due = await store.due(conn, now=now)
        told = 0
        for announcement in due:
            if announcement.resume_after is not None or await self._facts_are_here(announcement, now):
                if announcement.kind is Kind.ANNOUNCEMENT and announcement.told == 0:
                    await self._size_up(announcement, now)
                    reached(Point.ANNOUNCEMENT_COUNTED)
                async with self.db.transaction() as conn:
                    told += await actions.announce_some(conn, announcement, now=now, chunk=self.chunk)
                    reached(Point.ANNOUNCEMENT_CHUNK_WRITTEN)
                reached(Point.ANNOUNCEMENT_BETWEEN_CHUNKS)
        return told

    async def _size_up(self, announcement: Announcement, now: datetime) -> None:
        """Count who is meant, before anybody waits for us: it is not a part of a chunk."""
        async with self.db.transaction() as conn:
            meant = await store.networks_meant(conn, announcement.networks)
            await said.set_total(conn, announcement.cause, meant, now=now)

    async def count(self, *, now: datetime) -> None:
        """Bring the figures of those that are being mailed up to date."""
        async with self.db.transaction() as conn:
            for one in await said.to_count(conn, now=now):
                again_at = now + next_count(now - one.created_at)
                await said.count(conn, one.cause, now=now, again_at=again_at, is_over=one.is_over)

    async def _facts_are_here(self, announcement: Announcement, now: datetime) -> bool:
        """Whether what had been sent when this pass was first looked at has been applied by now."""
        name = (announcement.cause, announcement.passes)
        facts = self.events if announcement.kind is Kind.EVENT_REMINDER and self.events else self
        if name not in self._marks:
            self._marks[name] = (await facts.mark(), now)
        mark, since = self._marks[name]
        if now - since > LONGEST_WAIT_FOR_FACTS:
            log.error("announcements.facts-late", cause=announcement.cause)
        elif not await facts.reached(mark):
            return False
        del self._marks[name]
        return True


async def announce(work: Work[Any]) -> None:
    """Announce until told to stop; what is away is waited for."""
    facts = CatchUp(
        service="notifications", cells=work.cells, bootstrap=work.settings.kafka_bootstrap, db=work.db, consumer=FACTS
    )
    events = replace(facts, consumer=NOTIFICATIONS)
    announcer = Announcer(db=work.db, mark=facts.mark, reached=facts.reached, events=events)
    try:
        while not work.stopping.is_set():
            if not await _round(announcer, facts, events):
                await wait(work.stopping, IDLE_SECONDS)
    finally:
        await facts.close()
        await events.close()


async def _round(announcer: Announcer, *copies: CatchUp) -> int:
    try:
        await announcer.count(now=clock.now())
        return await announcer.round(now=clock.now())
    except (KafkaError, OSError) as error:
        log.warning("announcements.waiting", error=type(error).__name__)
        for copy in copies:
            await copy.close()
    except Exception as error:
        if not (is_away(error) or is_contention(error)):
            raise
        log.warning("announcements.waiting", error=type(error).__name__)
    await asyncio.sleep(IDLE_SECONDS)
    return 0
