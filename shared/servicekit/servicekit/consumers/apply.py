"""One batch of one partition in one transaction: inbox rows, handlers in order, commit; nothing else makes it count."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from uuid import UUID

import structlog

from servicekit import command, faults, metrics, tracing
from servicekit.consumers import inbox, parking
from servicekit.consumers.delivery import READABLE, Arrival, Readable, Record, Removal, Unreadable, read
from servicekit.consumers.subscription import Consumer, Serves, Subscription, serves_all
from servicekit.contract import PROFILES
from servicekit.crash_points import Point, reached
from servicekit.database import Conn, Database

log = structlog.get_logger(__name__)

ATTEMPTS = 3
EPOCH = datetime.fromtimestamp(0, UTC)

Claim = Callable[[Conn, str, int, str, Sequence[UUID]], Awaitable[set[UUID]]]


def is_transient(error: Exception) -> bool:
    """Whether trying again, unchanged, may succeed."""
    return faults.is_away(error) or faults.is_contention(error)


class TooManyParked(RuntimeError):
    """More than 20 subjects were parked within a minute: something is wrong with us, not with them."""


class NotParkable(RuntimeError):
    """A consumer that never parks met bytes that are no signal: it stays where it is, and is not ready."""


class EpochIsOver(Exception):
    """A rebuild has switched: nothing more is applied in the old epoch, and the same batch goes into the new one."""

    def __init__(self, now: int) -> None:
        super().__init__(f"the epoch is now {now}")
        self.now = now


@dataclass(slots=True, kw_only=True)
class Applier:
    consumer: Consumer
    db: Database
    epoch: int
    schemas: str | None = None
    """A search path in place of the active projections: a rebuild's."""
    rebuilding: bool = False
    """Only what projects is run, in an epoch that is not on yet."""
    serves: Serves = serves_all
    tell_from: datetime = EPOCH
    claim: Claim = inbox.claim
    """A seam for the test that takes the inbox away."""
    failing: str | None = None
    """Why the consumer is stuck just now; None while all is well."""
    applied: int = 0
    repeated: int = 0
    _parked_at: dict[str, float] = field(default_factory=dict)

    async def apply(self, records: Sequence[Record]) -> None:
        """Apply a partition's records. Blocks, with backoff, as long as a dependency is down."""
        arrivals = [read(record, self.consumer.known, tell_from=self.tell_from) for record in records]
        pause, one_by_one = 0.05, False
        while True:
            try:
                await self._in_one_transaction(arrivals, one_by_one=one_by_one)
            except TooManyParked:
                raise
            except EpochIsOver as over:
                reached(Point.CONSUMER_EPOCH_OVER)
                self.epoch = over.now
                continue
            except Exception as error:  # any handler may fail in any way; one by one tells which delivery it was
                if self.consumer.parks and not one_by_one and not is_transient(error):
                    one_by_one = True
                    continue
                if self.rebuilding and not is_transient(error):
                    raise
                self._blocked(error)
            else:
                self.failing = None
                return
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 5.0)

    async def _in_one_transaction(self, arrivals: Sequence[Arrival], *, one_by_one: bool) -> None:
        async with self.db.pool.acquire() as conn, conn.transaction():
            await self._begin(conn, arrivals[-1].record)
            reached(Point.CONSUMER_BEGUN)
            fresh = await self._fresh(conn, arrivals)
            reached(Point.CONSUMER_INBOX_WRITTEN)
            ready = [a for a in fresh if isinstance(a, READABLE)]
            ready = await self._let_parked_wait(conn, ready)
            if one_by_one:
                await self._run_under_savepoints(conn, ready)
            else:
                await self.run_handlers(conn, ready)
            for arrival in fresh:
                if isinstance(arrival, Unreadable):
                    await self._park(conn, arrival, arrival.cause)
            reached(Point.CONSUMER_EFFECT_WRITTEN)
        reached(Point.CONSUMER_COMMITTED)
        self._count(arrivals, fresh)

    async def _begin(self, conn: Conn, last: Record) -> None:
        on = await inbox.begin(
            conn, self.consumer.name, self.consumer.projection, self.epoch, upto=last, schemas=self.schemas
        )
        if on != self.epoch:
            raise EpochIsOver(on)

    async def _fresh(self, conn: Conn, arrivals: Sequence[Arrival]) -> list[Arrival]:
        ids = [a.id for a in arrivals if a.id is not None]
        if not ids:
            return list(arrivals)
        unseen = await self.claim(conn, self.consumer.name, self.epoch, arrivals[0].record.topic, ids)
        if len(unseen) == len(arrivals):
            return list(arrivals)
        fresh: list[Arrival] = []
        for arrival in arrivals:
            if arrival.id is None or arrival.id in unseen:
                unseen.discard(arrival.id) if arrival.id else None
                fresh.append(arrival)
        return fresh

    async def _let_parked_wait(self, conn: Conn, ready: Sequence[Readable]) -> list[Readable]:
        if not ready or not self.consumer.parks:
            return list(ready)
        if self.rebuilding:
            let_go = await parking.discarded(conn, self.consumer.name, [arrival.id for arrival in ready])
            ready = [arrival for arrival in ready if arrival.id not in let_go]
        if not ready:
            return []
        held = await parking.parked_from(conn, self.consumer.name, ready[0].record, anew=self.rebuilding)
        if not held:
            return list(ready)
        going = []
        for arrival in ready:
            if held.get(arrival.subject, arrival.record.offset + 1) <= arrival.record.offset:
                await parking.park(conn, self.consumer.name, arrival, parking.WAITING, anew=self.rebuilding)
                reached(Point.CONSUMER_WAITING_BEHIND)
            else:
                going.append(arrival)
        return going

    async def run_handlers(
        self, conn: Conn, ready: Sequence[Readable], *, project: bool = True, tell: bool = True
    ) -> None:
        """Run what listens to these, in their order; neighbours of one type and topic together."""
        for (kind, _, is_removal), group in groupby(ready, key=lambda a: (a.type, a.topic, isinstance(a, Removal))):
            together = list(group)
            listening = [
                subscription
                for subscription in self._listening(kind, together[0].cell, is_removal)
                if (project if subscription.is_projection else tell)
            ]
            if listening:
                await self._run_together(conn, listening, together)

    async def _run_together(self, conn: Conn, listening: Sequence[Subscription], together: Sequence[Readable]) -> None:
        traces = None if self.rebuilding else tracing.current()
        with traces.processing(self.consumer.name, together) if traces else nullcontext() as traceparent:
            command.traceparent.set(traceparent or together[0].traceparent)
            for subscription in listening:
                await subscription.run(conn, together, self.serves)

    def _listening(self, kind: str, cell: str, is_removal: bool) -> Iterator[Subscription]:
        for subscription in self.consumer.subscriptions:
            wanted = subscription.signal.type == kind and subscription.of_removals == is_removal
            runs = subscription.is_projection or not self.rebuilding
            if wanted and runs and subscription.hears(cell, self.serves):
                yield subscription

    async def _run_under_savepoints(self, conn: Conn, ready: Sequence[Readable]) -> None:
        failed: set[str] = set()
        for arrival in ready:
            if arrival.subject in failed:
                await parking.park(conn, self.consumer.name, arrival, parking.WAITING, anew=self.rebuilding)
                continue
            error = await self._try(conn, arrival)
            if error is not None:
                failed.add(arrival.subject)
                await self._park(conn, arrival, _cause(arrival, error))

    async def _try(self, conn: Conn, arrival: Readable) -> Exception | None:
        """Run one delivery's handlers, three times at most; returns why it failed each time."""
        last: Exception | None = None
        for _ in range(ATTEMPTS):
            try:
                async with conn.transaction():
                    await self.run_handlers(conn, [arrival])
            except Exception as error:  # parked with its cause
                if is_transient(error):
                    raise
                last = error
                reached(Point.CONSUMER_SAVEPOINT_RETRY)
            else:
                return None
        return last

    async def _park(self, conn: Conn, arrival: Readable | Unreadable, cause: str) -> None:
        if not self.consumer.parks:
            raise NotParkable(cause)
        now = asyncio.get_running_loop().time()
        self._parked_at = {s: at for s, at in self._parked_at.items() if now - at < 60} | {arrival.subject: now}
        if len(self._parked_at) > 20:
            raise TooManyParked(f"{len(self._parked_at)} subjects within a minute, the last for: {cause}")
        metrics.DELIVERIES.labels(self.consumer.name, arrival.record.topic, "parked").inc()
        log.error(
            "consumer.parked",
            consumer=self.consumer.name,
            topic=arrival.record.topic,
            partition=arrival.record.partition,
            record_offset=arrival.record.offset,
            cause=cause.split(":")[0],
        )
        reached(Point.CONSUMER_PARKING)
        await parking.park(conn, self.consumer.name, arrival, cause, anew=self.rebuilding)
        reached(Point.CONSUMER_PARKED)

    def _count(self, arrivals: Sequence[Arrival], fresh: Sequence[Arrival]) -> None:
        counted = partial(metrics.DELIVERIES.labels, self.consumer.name, arrivals[0].record.topic)
        counted("applied").inc(len(fresh))
        counted("repeated").inc(len(arrivals) - len(fresh))
        self.applied += len(fresh)
        self.repeated += len(arrivals) - len(fresh)

    def _blocked(self, error: Exception) -> None:
        if self.failing is None:
            log.warning("consumer.blocked", consumer=self.consumer.name, error=type(error).__name__)
        self.failing = type(error).__name__


def _cause(arrival: Readable, error: Exception) -> str:
    """A database's words may quote what it was given: of a profile only the error's name is kept."""
    name = type(error).__name__
    return name if arrival.record.topic.endswith(f".{PROFILES}") else f"{name}: {error}"
