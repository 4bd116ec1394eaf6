"""Reading topics once more from their first record, several partitions side by side, and never past what is asked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from servicekit.cells import cell_of
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import HEARTBEAT, Record
from servicekit.consumers.marks import Marks
from servicekit.consumers.runtime import as_record, kafka_settings

BATCH = 4000
LANES = 4

Progress = Callable[[str, int, int], Awaitable[None]]
"""(what is being done, records read, records in all)"""


async def quiet(_doing: str, _done: int, _total: int) -> None: ...


def rereading_settings() -> dict[str, Any]:
    """As every consumer of ours, without a group, and with more in each answer."""
    return kafka_settings() | {"max_partition_fetch_bytes": 4 * 1024 * 1024}


@dataclass(slots=True, kw_only=True)
class Rereading:
    """Applies every record up to a mark; called again with later marks, it goes on where it was."""

    applier: Applier
    bootstrap: str
    prefix: str
    progress: Progress = quiet
    order: Callable[[list[TopicPartition]], list[TopicPartition]] = field(default=list)
    """In which order partitions are taken up; the result must not depend on it."""
    reached: dict[TopicPartition, int] = field(default_factory=dict)
    beats: dict[str, datetime] = field(default_factory=dict)
    """The newest heartbeat of each cell that was met."""
    records: int = 0
    _idle: list[AIOKafkaConsumer] = field(default_factory=list)
    _total: int = 0

    def missing(self, marks: Marks) -> int:
        return sum(max(mark - self.reached.get(partition, 0), 0) for partition, mark in marks.items())

    async def read_up_to(self, marks: Marks) -> None:
        waiting = self.order([p for p in sorted(marks) if marks[p] > self.reached.get(p, 0)])
        self._total = self.records + self.missing(marks)
        waiting.reverse()
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(min(LANES, len(waiting))):
                    lanes.create_task(self._lane(waiting, marks))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None  # the first ended the others

    async def close(self) -> None:
        for kafka in self._idle:
            await kafka.stop()
        self._idle.clear()

    async def _lane(self, waiting: list[TopicPartition], marks: Marks) -> None:
        kafka = self._idle.pop() if self._idle else await self._connected()
        try:
            while waiting:
                partition = waiting.pop()
                await self._read(kafka, partition, marks[partition])
        finally:
            self._idle.append(kafka)

    async def _connected(self) -> AIOKafkaConsumer:
        kafka = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, **rereading_settings())
        try:
            await kafka.start()
        except BaseException:
            await kafka.stop()
            raise
        return kafka

    async def _read(self, kafka: AIOKafkaConsumer, partition: TopicPartition, mark: int) -> None:
        kafka.assign([partition])
        if partition in self.reached:
            kafka.seek(partition, self.reached[partition])
        else:
            await kafka.seek_to_beginning(partition)
        while await kafka.position(partition) < mark:
            fetched = await kafka.getmany(partition, timeout_ms=500, max_records=BATCH)
            records = [as_record(record, self.prefix) for record in fetched.get(partition, []) if record.offset < mark]
            await self._apply(records)
            self.records += len(records)
            await self.progress("reading", self.records, self._total)
        # Compaction leaves gaps: what was read beyond the mark is read again when its turn comes.
        self.reached[partition] = mark

    async def _apply(self, records: Sequence[Record]) -> None:
        signals = [record for record in records if record.key != HEARTBEAT]
        if signals:
            await self.applier.apply(signals)
        for record in records:
            if record.key == HEARTBEAT:
                self.beats[cell_of(record.topic)] = datetime.fromtimestamp(record.timestamp / 1000, UTC)
