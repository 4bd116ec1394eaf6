"""When all that was published has been read by everybody who reads it, and nothing is left to send."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import KafkaError

from guildhall_local.checker.databases import Databases
from guildhall_local.instance import service_of

PAUSE = 0.1
GRANTS = ".membership.grants"
BEATS_BEHIND = 8
"""A heartbeat travels on the grants topics every half second: nobody is ever level with them for long."""
STABLE = "Stable"

STILL_TO_DO = {
    "membership": {"jobs are under way": "SELECT count(*) FROM servicekit.jobs WHERE state IN ('queued', 'running')"},
    "notifications": {
        "mails are to be sent": """
            SELECT count(*) FROM notifications WHERE state IN ('queued', 'sending', 'waiting-for-address')
        """,
        "announcements are under way": "SELECT count(*) FROM announcements WHERE state = 'running'",
    },
}
"""What a service does after it has read a signal, counted by service."""


class NotQuiet(Exception):
    """It did not come to rest in time; the text says what was still to do."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is still to do, in words (nothing: quiet), and how far the topics are."""

    to_do: Sequence[str]
    ends: Mapping[TopicPartition, int]


@dataclass(slots=True)
class Watch:
    """Looks at the broker and the databases; each look takes some milliseconds."""

    admin: AIOKafkaAdminClient
    reader: AIOKafkaConsumer
    databases: Databases

    async def until_quiet(self, *, within: float) -> None:
        """Two looks, one after the other, that find nothing to do and nothing new."""
        deadline, before = time.monotonic() + within, None
        while True:
            now = await self._look()
            if not now.to_do and before is not None and now.ends == before.ends:
                return
            before = None if now.to_do else now
            if time.monotonic() > deadline:
                raise NotQuiet(f"after {within:.0f} s there was still to do: {'; '.join(now.to_do[:5])}")
            await asyncio.sleep(PAUSE)

    async def _look(self) -> Look:
        try:
            to_do = [*await self._unsent(), *await self._still_to_do()]
            assigned = await self.assigned()
            ends = await self._ends({partition for partitions in assigned.values() for partition in partitions})
            to_do += [words for group in assigned for words in await self._behind(group, assigned, ends)]
        except KafkaError as error:
            return Look([f"the broker answered {type(error).__name__}"], {})
        facts = {partition: end for partition, end in ends.items() if not partition.topic.endswith(GRANTS)}
        return Look(to_do, facts)

    async def _ends(self, partitions: set[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Of topics that it is not assigned the reader would learn one after the other, a tenth of a second each."""
        if self.reader.assignment() != partitions:
            self.reader.assign(sorted(partitions))
            self.reader.pause(*partitions)
        ends: Mapping[TopicPartition, int] = await self.reader.end_offsets(sorted(partitions))
        return ends

    async def _groups(self) -> list[str]:
        """The Kafka group of every consumer of every deployment."""
        found = []
        for deployment, connection in self.databases.items():
            rows = await connection.fetch(
                """
                SELECT c.consumer, d.id AS database, p.group_number
                  FROM servicekit.consumers c
                  JOIN servicekit.projections p ON p.name = c.projection
                 CROSS JOIN servicekit.deployment d
                """
            )
            service = service_of(deployment)
            found += [f"{service}.{row['consumer']}.{row['database']}.{row['group_number']}" for row in rows]
        return found

    async def _unsent(self) -> list[str]:
        counts = {
            service: await connection.fetchval("SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NULL")
            for service, connection in self.databases.items()
        }
        return [f"{count} signals of {service} are unsent" for service, count in counts.items() if count]

    async def _still_to_do(self) -> list[str]:
        return [
            f"{count} {what}"
            for connection, service in ((one, service_of(name)) for name, one in self.databases.items())
            for what, question in STILL_TO_DO.get(service, {}).items()
            if (count := await connection.fetchval(question))
        ]

    async def assigned(self) -> dict[str, list[TopicPartition]]:
        """Every consumer's group to the partitions that it reads; none while they are being dealt out."""
        return {group: await self._read_by(group) for group in await self._groups()}

    async def _read_by(self, group: str) -> list[TopicPartition]:
        # Asked for one by one: aiokafka takes the end of the first group's answer for the beginning of a second.
        [answer] = await self.admin.describe_consumer_groups([group])
        [[_error, _group, state, _type, _protocol, members, *_]] = answer.groups
        if state != STABLE:
            return []
        return [
            TopicPartition(topic, partition)
            for *_, assignment in members
            for topic, partitions in ConsumerProtocolMemberAssignment.decode(assignment).assignment
            for partition in partitions
        ]

    async def _behind(
        self,
        group: str,
        assigned: Mapping[str, Sequence[TopicPartition]],
        ends: Mapping[TopicPartition, int],
    ) -> list[str]:
        partitions = assigned[group]
        if not partitions:
            return [f"{group} reads nothing yet"]
        done = await self.admin.list_consumer_group_offsets(group)
        behind = {
            partition: ends[partition] - (done[partition].offset if partition in done else 0)
            for partition in partitions
        }
        return [
            f"{group} is {count} behind on {partition.topic}/{partition.partition}"
            for partition, count in behind.items()
            if count > (BEATS_BEHIND if partition.topic.endswith(GRANTS) else 0)
        ]


@asynccontextmanager
async def watching(bootstrap: str, databases: Databases) -> AsyncIterator[Watch]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await reader.start()
    try:
        yield Watch(admin, reader, databases)
    finally:
        await reader.stop()
        await admin.close()
