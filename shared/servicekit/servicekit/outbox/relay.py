"""One relay per service database sends what is unsent, by position, and marks it sent once Kafka has it."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from servicekit import clock, faults, metrics, tracing
from servicekit.crash_points import Point, reached
from servicekit.envelope import CONTENT_TYPE
from servicekit.outbox import batches, doubts, ledger
from servicekit.outbox.batches import Outbound
from servicekit.outbox.ledger import Unsent
from servicekit.rounds import wait

log = structlog.get_logger(__name__)

ELECTION_LOCK = 0x6775696C64  # "guild": one relay per database holds it for as long as its connection lives
BATCH = 1000
IDLE_SECONDS, BUSY_SECONDS = 0.02, 0.002
"""Between two looks while signals come: to be told of each by the database would cost the writers a third."""
BUSY_FOR = 1.0
"""Seconds after the last signal for which more are expected."""
SEND_SECONDS, STUCK_SECONDS = 20.0, 90.0
HEARTBEAT_SECONDS, SETTLE_SECONDS = 0.5, 30.0

Renderer = Callable[[Sequence[Unsent]], Awaitable[Mapping[int, bytes | None]]]
"""Positions of profile rows to the bytes of their current rows, None for a tombstone."""
Heartbeats = Callable[[], Sequence[tuple[str, str, bytes]]]
"""(topic, key, value) of what is sent every half second, past outbox and inbox."""


async def render_nothing(rows: Sequence[Unsent]) -> Mapping[int, bytes | None]:
    raise LookupError(f"rows without a body and nothing to render them: {[row.position for row in rows]}")


class Stuck(RuntimeError):
    """The loop is neither working nor waiting for anything that it knows of."""

    for_operators = True


@dataclass(slots=True, kw_only=True)
class Relay:
    dsn: str
    bootstrap: str
    prefix: str = ""
    render: Renderer = render_nothing
    heartbeats: Heartbeats = tuple
    unsent: str = ledger.UNSENT
    """The statement that chooses what goes next; a seam for the test that takes the order away."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    is_ours: Callable[[], bool] = lambda: True
    """Whether the broker is still the one that holds what was sent before."""
    settled_after: timedelta = doubts.SETTLED_AFTER
    elected: bool = False
    last_progress: float = 0.0
    _beat_at: float = 0.0
    _clear_at: int | None = None
    """When it was last seen that nothing urgent waits, in milliseconds since 1970."""
    _some_at: float = float("-inf")
    _settled_at: float = float("-inf")

    async def run(self) -> None:
        """Relay until told to stop. Connection losses are survived, with backoff; anything else ends the process."""
        pause = 0.1
        while not self.stopping.is_set():
            try:
                await self._serve_one_connection()
                pause = 0.1
            except Exception as error:  # asyncpg names a lost connection in many ways
                if not faults.is_away(error):
                    raise
                self.touch()
                log.warning("relay.database-unavailable", error=type(error).__name__)
                await wait(self.stopping, pause)
                pause = min(pause * 2, 2.0)

    async def _serve_one_connection(self) -> None:
        """Hold one dedicated connection: pools would give the election lock back on release."""
        # All that it writes are marks; one that is lost in a crash means that a signal is sent again.
        settings = {"application_name": "relay", "synchronous_commit": "off"}
        conn = await asyncpg.connect(self.dsn, server_settings=settings, command_timeout=30)
        try:
            while not self.stopping.is_set():
                self.touch()
                if await conn.fetchval("SELECT pg_try_advisory_lock($1)", ELECTION_LOCK):
                    self.elected = True
                    metrics.RELAY_ELECTED.set(1)
                    reached(Point.RELAY_ELECTED)
                    await self._relay_while_elected(conn)
                else:
                    await wait(self.stopping, 0.5)
        finally:
            self.elected = False
            metrics.RELAY_ELECTED.set(0)
            await conn.close(timeout=2)

    async def _relay_while_elected(self, conn: Any) -> None:
        has_failed = False
        while not self.stopping.is_set():
            if not self.is_ours():
                self.touch()
                await wait(self.stopping, 0.1)
                continue
            producer = await self._new_producer()
            if producer is None:
                return
            if has_failed:
                reached(Point.RELAY_PRODUCER_ANEW)
            try:
                # At most one batch was on its way, and another one sent and not marked.
                await doubts.note(conn, limit=2 * BATCH, now=clock.now())
                await self._relay_with(conn, producer)
            except (KafkaError, TimeoutError) as error:
                # The broker may or may not have what was sent: a fresh producer sends again what is unmarked.
                log.warning("relay.producer-recycled", error=type(error).__name__)
                has_failed = True
                await wait(self.stopping, 0.2)
            finally:
                await _close(producer)

    async def _new_producer(self) -> AIOKafkaProducer | None:
        """A producer that has reached the broker; None once told to stop."""
        while True:
            producer = AIOKafkaProducer(
                bootstrap_servers=self.bootstrap,
                enable_idempotence=True,
                acks="all",
                linger_ms=2,
                max_batch_size=131_072,
                compression_type="lz4",
                request_timeout_ms=10_000,
            )
            try:
                await producer.start()
            except (KafkaError, OSError) as error:
                log.warning("relay.broker-unavailable", error=type(error).__name__)
                await _close(producer)
                self.touch()
                if await wait(self.stopping, 0.5):
                    return None
            else:
                return producer

    async def _relay_with(self, conn: Any, producer: AIOKafkaProducer) -> None:
        """While a full batch is on its way, the one before it is marked and the next one is read."""
        sent: list[Unsent] = []
        following: list[Unsent] = []
        while not self.stopping.is_set() and self.is_ours():
            rows = following or await ledger.unsent(conn, self.unsent, limit=BATCH)
            on_its_way = asyncio.create_task(self._send_rows(producer, rows))
            try:
                await self._mark(conn, sent)
                following = await self._following(conn, rows)
                if following:
                    reached(Point.RELAY_NEXT_IN_HAND)
            except BaseException:
                on_its_way.cancel()
                raise
            sent = []  # marked by now: what follows may fail
            await on_its_way
            sent = rows
            if sent:
                reached(Point.RELAY_BEFORE_MARK)
            if not following:
                await self._mark(conn, sent)
                sent = []
            self.touch()
            await self._beat(conn, producer)
            await self._settle(conn)
            if len(rows) < BATCH and not following:
                await wait(self.stopping, self._pause(some=bool(rows)))
        await self._mark(conn, sent)

    async def _settle(self, conn: Any) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._settled_at >= SETTLE_SECONDS:
            await doubts.settle(conn, before=clock.now() - self.settled_after)
            self._settled_at = now

    def _pause(self, *, some: bool) -> float:
        """Until the next look. some: whether there was anything at this one."""
        now = asyncio.get_running_loop().time()
        if some:
            self._some_at = now
        return BUSY_SECONDS if now - self._some_at < BUSY_FOR else IDLE_SECONDS

    async def _following(self, conn: Any, in_hand: Sequence[Unsent]) -> list[Unsent]:
        """What comes after these, which are not marked yet; nothing where these are all that there was."""
        if len(in_hand) < BATCH:
            return []
        taken = {row.position for row in in_hand}
        rows = await ledger.unsent(conn, self.unsent, limit=len(in_hand) + BATCH)
        return [row for row in rows if row.position not in taken][:BATCH]

    async def _mark(self, conn: Any, rows: Sequence[Unsent]) -> None:
        if rows:
            await ledger.mark_sent(conn, [row.position for row in rows], at=clock.now())
            reached(Point.RELAY_AFTER_MARK)
            _count(rows)

    async def _send_rows(self, producer: AIOKafkaProducer, rows: Sequence[Unsent]) -> None:
        records, traces = await self._records(rows), tracing.current()
        if rows:
            reached(Point.RELAY_BEFORE_SEND)
        if traces is None:
            await self._send(producer, records)
            return
        with traces.sending(rows, [_published_by(row) for row in rows]) as traceparents:
            for record, traceparent in zip(records, traceparents, strict=True):
                record.headers.append(("traceparent", traceparent.encode()))
            await self._send(producer, records)

    async def _records(self, rows: Sequence[Unsent]) -> list[Outbound]:
        bare = [row for row in rows if row.body is None]
        rendered = await self.render(bare) if bare else {}
        if bare:
            reached(Point.RELAY_RENDERED)
        return [
            Outbound(
                self.prefix + row.topic,
                row.key.encode(),
                row.body if row.body is not None else rendered[row.position],
                _headers(row),
            )
            for row in rows
        ]

    async def _send(self, producer: AIOKafkaProducer, records: Sequence[Outbound]) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await batches.send(producer, records)

    async def _beat(self, conn: Any, producer: AIOKafkaProducer) -> None:
        """A heartbeat carries the last instant at which nothing urgent waited, however long ago that is."""
        now = asyncio.get_running_loop().time()
        if now - self._beat_at < HEARTBEAT_SECONDS:
            return
        self._beat_at = now
        looked_at = int(time.time() * 1000)
        unsent, urgent, _ = await ledger.waiting(conn)
        metrics.OUTBOX_UNSENT.set(unsent)
        if not urgent:
            self._clear_at = looked_at
        if self._clear_at is None:
            return
        reached(Point.RELAY_BEFORE_HEARTBEAT)
        await self._send(producer, [self._heartbeat(*said, at=self._clear_at) for said in self.heartbeats()])

    def _heartbeat(self, topic: str, key: str, value: bytes, *, at: int) -> Outbound:
        return Outbound(self.prefix + topic, key.encode(), value, [], timestamp=at)

    def touch(self) -> None:
        self.last_progress = asyncio.get_running_loop().time()

    async def watch(self, *, stuck_after: float = STUCK_SECONDS) -> None:
        """Raise Stuck where the relay neither sends nor says what keeps it from sending."""
        self.touch()
        while not await wait(self.stopping, min(stuck_after / 4, 1.0)):
            idle = asyncio.get_running_loop().time() - self.last_progress
            if idle > stuck_after:
                raise Stuck(f"relay: nothing done for {idle:.0f} s")


def _published_by(row: Unsent) -> str | None:
    """Whatever was being served when the row was written; profiles are rendered later, and say nothing of it."""
    found: str | None = orjson.loads(row.body).get("traceparent") if row.body else None
    return found


def _headers(row: Unsent) -> list[tuple[str, bytes]]:
    """What routers and readers of tombstones need without opening the body."""
    return [
        ("id", str(row.id).encode()),
        ("type", row.type.encode()),
        ("version", str(row.version).encode()),
        ("content-type", CONTENT_TYPE.encode()),
    ]


def _count(sent: Sequence[Unsent]) -> None:
    for topic, count in Counter(row.topic for row in sent).items():
        metrics.RELAY_SENT.labels(topic).inc(count)


async def _close(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(5):
            await producer.stop()
    except (KafkaError, TimeoutError, OSError) as error:
        log.warning("relay.producer-abandoned", error=type(error).__name__)
