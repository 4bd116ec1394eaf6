"""One runner per database fires what is due: mark and effect commit together, and one fault parks one timer."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
import structlog

from servicekit import clock, faults, metrics
from servicekit.crash_points import Point, reached
from servicekit.database import Conn, Database
from servicekit.database.pool import WORKER, enter
from servicekit.outbox.relay import Stuck
from servicekit.rounds import wait
from servicekit.timers import store
from servicekit.timers.model import Timer, failed

log = structlog.get_logger(__name__)

TimerHandler = Callable[[Conn, Timer], Awaitable[None]]
"""What a due timer does, in the transaction that marks it; it writes to its own database and nothing else."""

ELECTION_LOCK = 0x74696D6572  # "timer": one runner per database holds it for as long as its connection lives
BATCH = 100
POLL_SECONDS = 1.0
HANDLER_SECONDS = 20.0
STUCK_SECONDS = 90.0


@dataclass(slots=True, kw_only=True)
class TimerRunner:
    dsn: str
    db: Database
    handlers: Mapping[str, TimerHandler]
    """By kind; timers of other kinds are left alone."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    election: str = "SELECT pg_try_advisory_lock($1)"
    """A seam for the test that takes the election away."""
    mark: str = store.MARK
    """A seam for the test that takes the marks away."""
    chance: Callable[[], float] = random.random
    elected: bool = False
    last_progress: float = 0.0

    async def run(self) -> None:
        """Fire until told to stop. A database that is away is waited for; anything else ends the process."""
        pause = 0.1
        while not self.stopping.is_set():
            try:
                await self._serve_one_connection()
                pause = 0.1
            except Exception as error:  # asyncpg names a lost connection in many ways
                if not (faults.is_away(error) or faults.is_contention(error)):
                    raise
                self.touch()
                log.warning("timers.database-unavailable", error=type(error).__name__)
                await wait(self.stopping, pause)
                pause = min(pause * 2, 2.0)

    async def _serve_one_connection(self) -> None:
        """Hold one dedicated connection: pools would give the election lock back on release."""
        conn = await asyncpg.connect(self.dsn, server_settings={"application_name": "timers"}, command_timeout=30)
        try:
            while not self.stopping.is_set():
                self.touch()
                self.elected = bool(await conn.fetchval(self.election, ELECTION_LOCK))
                if self.elected:
                    await self._fire_while_elected(conn)
                else:
                    await wait(self.stopping, POLL_SECONDS / 2)
        finally:
            self.elected = False
            await conn.close(timeout=2)

    async def _fire_while_elected(self, conn: Conn) -> None:
        while not self.stopping.is_set():
            fired = await self.round(conn, now=clock.now())
            self.touch()
            if fired < BATCH:
                await wait(self.stopping, await self._until_next(conn))

    async def round(self, conn: Conn, *, now: datetime) -> int:
        """Try what is due, one batch at most; returns how many were looked at. conn: the elected one."""
        async with conn.transaction(readonly=True):
            await enter(conn, WORKER)
            timers = await store.due(conn, kinds=self.handlers, now=now, limit=BATCH)
            metrics.TIMERS_PARKED.set(await store.count_parked(conn))
        if timers:
            reached(Point.TIMER_DUE)
        for timer in timers:
            if self.stopping.is_set():
                break
            await self._try(timer, now=now)
            self.touch()
        return len(timers)

    async def _try(self, timer: Timer, *, now: datetime) -> None:
        try:
            async with asyncio.timeout(HANDLER_SECONDS):
                await self._fire(timer, now=now)
        except Exception as error:  # any handler may fail in any way: it must keep none but its own timer waiting
            if faults.is_away(error) and not isinstance(error, TimeoutError):
                raise
            await self._note(timer, error, now=now)

    async def _fire(self, timer: Timer, *, now: datetime) -> None:
        async with self.db.transaction() as conn:
            if not await store.lock(conn, timer, now=now) or not await store.mark(conn, self.mark, timer, now=now):
                return
            reached(Point.TIMER_MARKED)
            await self.handlers[timer.kind](conn, timer)
            reached(Point.TIMER_FIRED)
        reached(Point.TIMER_COMMITTED)
        metrics.TIMERS.labels(timer.kind, "fired").inc()

    async def _note(self, timer: Timer, error: Exception, *, now: datetime) -> None:
        counts = not faults.is_contention(error)
        async with self.db.transaction() as conn:
            tries = await store.tries_of(conn, timer.name)
            attempt = failed(tries, counts=counts, now=now, chance=self.chance())
            await store.note_failure(conn, timer, attempt, cause=f"{type(error).__name__}: {error}", now=now)
        outcome = "parked" if attempt.next_at is None else "failed"
        metrics.TIMERS.labels(timer.kind, outcome).inc()
        log.error(f"timer.{outcome}", kind=timer.kind, timer=timer.name, tries=attempt.tries, exc_info=error)

    async def _until_next(self, conn: Conn) -> float:
        """Seconds to rest: spread, so that not all services look at once, and no longer than to the next instant."""
        now = clock.now()
        async with conn.transaction(readonly=True):
            await enter(conn, WORKER)
            instant = await store.next_due(conn, kinds=self.handlers, now=now)
        rest = POLL_SECONDS * (0.75 + self.chance() / 2)
        return rest if instant is None else max(0.0, min(rest, (instant - now).total_seconds()))

    def touch(self) -> None:
        self.last_progress = asyncio.get_running_loop().time()

    async def watch(self, *, stuck_after: float = STUCK_SECONDS) -> None:
        """Raise Stuck where the runner neither fires nor says what keeps it from it."""
        self.touch()
        while not self.stopping.is_set():
            await wait(self.stopping, min(stuck_after / 4, 1.0))
            idle = asyncio.get_running_loop().time() - self.last_progress
            if idle > stuck_after and not self.stopping.is_set():
                raise Stuck(f"timers: nothing done for {idle:.0f} s")
