"""Reading Kafka: polling never stops, partitions are worked side by side, offsets follow the database.

While a partition's records are worked off, its next ones are fetched, and no more than those.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord

from servicekit import metrics
from servicekit.cells import Cells, cell_of
from servicekit.consumers import beginning, registry
from servicekit.consumers.apply import Applier, is_transient
from servicekit.consumers.beginning import Lower
from servicekit.consumers.delivery import HEARTBEAT, Record
from servicekit.consumers.subscription import Consumer
from servicekit.crash_points import Point, reached
from servicekit.database import Database

log = structlog.get_logger(__name__)

POLL_MS = 200
BATCH = 1000
"""So many records at most are one transaction."""
DRAIN_SECONDS = 4.0
STUCK_SECONDS = 90.0


class Stuck(RuntimeError):
    """There is work and nothing has come of it for too long, with no dependency to blame."""

    for_operators = True


def kafka_settings() -> dict[str, Any]:
    """What every consumer of ours is created with; a test reads them."""
    return {
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "session_timeout_ms": 6000,
        "heartbeat_interval_ms": 2000,
        "max_poll_interval_ms": 300_000,
        "fetch_max_wait_ms": 100,
        "max_partition_fetch_bytes": 512 * 1024,
    }


@dataclass(slots=True, kw_only=True)
class Consumption:
    """One consumer at work; `run` returns when told to stop, with everything in hand finished and committed."""

    consumer: Consumer
    cells: Cells
    bootstrap: str
    group: str
    db: Database
    applier: Applier
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    settings: dict[str, Any] = field(default_factory=kafka_settings)
    last_progress: float = 0.0
    stuck_after: float = STUCK_SECONDS
    lower: Lower = beginning.lower
    """A seam for the test that goes by Kafka's offsets alone."""
    _begun: set[TopicPartition] = field(default_factory=set)
    """Those that are read from where the database is."""
    _assignments: int = 0
    _tasks: dict[TopicPartition, asyncio.Task[None]] = field(default_factory=dict)
    """One for each partition whose records are in hand."""
    _queued: dict[TopicPartition, deque[Sequence[Any]]] = field(default_factory=dict)
    """What was fetched and is not in hand yet."""
    _beats: dict[str, datetime] = field(default_factory=dict)
    _beats_written: dict[str, datetime] = field(default_factory=dict)
    _passed: dict[tuple[str, int], int] = field(default_factory=dict)
    """By topic and partition: up to where only heartbeats came since a signal."""

    @property
    def topics(self) -> list[str]:
        """The topics read, without the broker's prefix."""
        return [name for service, stream in self.consumer.streams for name in self.cells.topics(service, stream)]

    async def run(self) -> None:
        kafka = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=self.group, **self.settings)
        kafka.subscribe([self.cells.prefix + name for name in self.topics], listener=_Rebalance(self))
        await self._start(kafka)
        try:
            while not self.stopping.is_set():
                await self._poll(kafka)
                await self._write_heartbeats()
        finally:
            reached(Point.CONSUMER_DRAINING)
            await self._drain(list(self._tasks))
            reached(Point.CONSUMER_DRAINED)
            await kafka.stop()

    async def _start(self, kafka: AIOKafkaConsumer) -> None:
        while not self.stopping.is_set():
            try:
                await kafka.start()
            except (KafkaError, OSError) as error:
                log.warning("consumer.broker-unavailable", consumer=self.consumer.name, error=type(error).__name__)
                await asyncio.sleep(0.5)
            else:
                self.touch()
                return

    async def _poll(self, kafka: AIOKafkaConsumer) -> None:
        """Take what has come, and see that each partition that has something is worked off by a task of its own."""
        try:
            await self._begin(kafka)
            fetched = await kafka.getmany(timeout_ms=POLL_MS)
        except KafkaError as error:
            log.warning("consumer.poll-failed", consumer=self.consumer.name, error=type(error).__name__)
            await asyncio.sleep(0.2)
            return
        if not self._tasks:
            self.touch()  # nothing was in hand: a quiet hour is no standstill, however long it was
        for partition, records in fetched.items():
            if partition not in self._begun:
                continue  # ours since a moment ago: it is begun, and these are fetched again
            self._queued.setdefault(partition, deque()).append(records)
            kafka.pause(partition)  # until they are in hand
        for partition in [p for p, task in self._tasks.items() if task.done()]:
            self._tasks.pop(partition).result()
        for partition in [p for p, queue in self._queued.items() if queue and p not in self._tasks]:
            self._tasks[partition] = asyncio.create_task(self._work_off(kafka, partition))
        self._watch()

    async def _begin(self, kafka: AIOKafkaConsumer) -> None:
        """Set each partition that has become ours to where the database is, or Kafka where that is less."""
        fresh = sorted(kafka.assignment() - self._begun)
        if not fresh:
            return
        assignment = self._assignments
        kafka.pause(*fresh)
        try:
            names = {p: (p.topic.removeprefix(self.cells.prefix), p.partition) for p in fresh}
            starts = await beginning.starts(
                self.bootstrap, self.group, self.db, self.consumer.name, names, lower=self.lower
            )
            if first := [partition for partition, start in starts.items() if start is None]:
                async with asyncio.timeout(beginning.ASK_SECONDS):
                    await kafka.seek_to_beginning(*first)
        except Exception as error:  # the broker and the database are waited for, as by everything that is applied
            if not (isinstance(error, KafkaError) or is_transient(error)):
                raise
            log.warning("consumer.begin-put-off", consumer=self.consumer.name, error=type(error).__name__)
            return
        if assignment != self._assignments:
            return  # they were given out anew meanwhile
        for partition, start in starts.items():
            if start is not None:
                kafka.seek(partition, start)
        kafka.resume(*fresh)
        self._begun.update(fresh)

    async def _work_off(self, kafka: AIOKafkaConsumer, partition: TopicPartition) -> None:
        """A partition's records in their order, until none are left or it is somebody else's."""
        while (queue := self._queued.get(partition)) and not self.stopping.is_set():
            records = queue.popleft()
            if partition in kafka.assignment():
                kafka.resume(partition)
            for start in range(0, len(records), BATCH):
                if partition not in self._queued or self.stopping.is_set():
                    return
                await self._work(kafka, partition, records[start : start + BATCH])

    async def _work(self, kafka: AIOKafkaConsumer, partition: TopicPartition, fetched: Sequence[Any]) -> None:
        records = [as_record(record, self.cells.prefix) for record in fetched]
        signals = [record for record in records if record.key != HEARTBEAT]
        if signals:
            reached(Point.CONSUMER_FETCHED)
            await self.applier.apply(signals)
        if self.consumer.heartbeat is not None and len(signals) < len(records):
            self._passed[records[-1].topic, records[-1].partition] = records[-1].offset + 1
        for record in records:
            if record.key == HEARTBEAT:
                self._beats[cell_of(record.topic)] = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        self.touch()
        await self._commit(kafka, partition, fetched[-1].offset + 1)
        self._measure_lag(kafka, partition, fetched[-1].offset + 1)

    async def _commit(self, kafka: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> None:
        try:
            await kafka.commit({partition: offset})
            reached(Point.CONSUMER_OFFSET_COMMITTED)
        except (CommitFailedError, IllegalStateError):
            log.info("consumer.partition-lost", consumer=self.consumer.name, topic=partition.topic)
        except KafkaError as error:
            # The database has it; what is delivered again is recognised by the inbox.
            log.warning("consumer.commit-failed", consumer=self.consumer.name, error=type(error).__name__)

    def _measure_lag(self, kafka: AIOKafkaConsumer, partition: TopicPartition, position: int) -> None:
        end = kafka.highwater(partition)
        if end is not None:
            name = partition.topic.removeprefix(self.cells.prefix)
            metrics.CONSUMER_LAG.labels(self.consumer.name, name, partition.partition).set(max(end - position, 0))

    async def _write_heartbeats(self) -> None:
        beats, passed = dict(self._beats), dict(self._passed)
        if self.consumer.heartbeat is None or beats == self._beats_written or self.applier.failing:
            return
        try:
            async with self.db.transaction() as conn:
                await conn.execute("SET LOCAL synchronous_commit = off")
                await self.consumer.heartbeat(conn, beats)
                await registry.pass_by(conn, self.consumer.name, passed)
        except Exception as error:  # a missed heartbeat shows as staleness, which is what it is
            log.warning("consumer.heartbeat-unwritten", error=type(error).__name__)
        else:
            self._beats_written = beats
            reached(Point.CONSUMER_HEARTBEAT_WRITTEN)
            self._passed = {place: upto for place, upto in self._passed.items() if passed.get(place) != upto}

    async def _drain(self, partitions: Sequence[TopicPartition]) -> None:
        """Let what is in hand finish and commit; past the deadline it is rolled back and delivered again."""
        for partition in partitions:
            self._queued.pop(partition, None)  # delivered again to whoever is next
        tasks = [self._tasks.pop(p) for p in partitions if p in self._tasks]
        if not tasks:
            return
        done, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        for task in done:
            if task.exception() is not None:
                log.warning("consumer.drain-failed", error=type(task.exception()).__name__)

    def touch(self) -> None:
        self.last_progress = asyncio.get_running_loop().time()

    def _watch(self) -> None:
        idle = asyncio.get_running_loop().time() - self.last_progress
        if self._tasks and self.applier.failing is None and idle > self.stuck_after:
            raise Stuck(f"{self.consumer.name}: {len(self._tasks)} partitions in hand, nothing done for {idle:.0f} s")


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    """Revocation waits for what is in hand, so that the next owner starts after it."""

    def __init__(self, consumption: Consumption) -> None:
        self._consumption = consumption

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        if not revoked:  # whoever joins for the first time has nothing to give up
            return
        reached(Point.CONSUMER_REVOKED)
        await self._consumption._drain(list(revoked))
        reached(Point.CONSUMER_GIVEN_UP)
        self._consumption._begun.difference_update(revoked)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self._consumption._assignments += 1
        log.info("consumer.assigned", consumer=self._consumption.consumer.name, partitions=len(assigned))


def as_record(record: "ConsumerRecord[bytes, bytes]", prefix: str) -> Record:
    return Record(
        topic=record.topic.removeprefix(prefix),
        partition=record.partition,
        offset=record.offset,
        key=record.key.decode("utf-8", "replace") if record.key is not None else None,
        value=record.value,
        headers=dict(record.headers),
        timestamp=record.timestamp,
    )
