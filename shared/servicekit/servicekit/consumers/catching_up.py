"""Whether all that was on a consumer's topics at some instant has been applied: only then is something said of it."""

from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from servicekit.broker import is_known
from servicekit.cells import Cells
from servicekit.consumers import marks, registry
from servicekit.consumers.marks import Marks
from servicekit.consumers.runtime import kafka_settings
from servicekit.consumers.subscription import Consumer
from servicekit.database import Database


@dataclass(slots=True, kw_only=True)
class CatchUp:
    """Compares the ends of a consumer's topics with what it has applied."""

    service: str
    cells: Cells
    bootstrap: str
    db: Database
    consumer: Consumer
    _consumer: AIOKafkaConsumer | None = None
    _admin: AIOKafkaAdminClient | None = None
    _partitions: list[TopicPartition] = field(default_factory=list)

    async def mark(self) -> Marks:
        """Where the topics end now. Raises KafkaError while the broker does not answer."""
        consumer, _ = await self._clients()
        return await marks.ends(consumer, self._partitions)

    async def reached(self, mark: Marks) -> bool:
        """Whether all that had been sent when the mark was taken has been applied."""
        _, admin = await self._clients()
        async with self.db.pool.acquire() as conn:
            if not await is_known(conn, admin):
                return False
            group = await registry.group_name(conn, self.service, self.consumer, prefix=self.cells.prefix)
        offsets: dict[TopicPartition, Any]
        try:
            offsets = await admin.list_consumer_group_offsets(group)
        except GroupCoordinatorNotAvailableError:
            offsets = {}  # a broker that has only just begun: nothing is known of what has been applied
        return all(
            end == 0 or (partition in offsets and offsets[partition].offset >= end) for partition, end in mark.items()
        )

    async def close(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()
        if self._admin is not None:
            await self._admin.close()
        self._consumer = self._admin = None

    async def _clients(self) -> tuple[AIOKafkaConsumer, AIOKafkaAdminClient]:
        if self._consumer is None or self._admin is None:
            await self.close()
            self._consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, **kafka_settings())
            await self._consumer.start()
            self._admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
            await self._admin.start()
            self._partitions = [
                TopicPartition(self.cells.prefix + topic, number)
                for service, stream in self.consumer.streams
                for topic in self.cells.topics(service, stream)
                for number in range(self.cells.partitions[f"{service}.{stream}" if stream else service])
            ]
        return self._consumer, self._admin
