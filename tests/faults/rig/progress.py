"""How long a worker's death is felt: until signals are applied again, and published again."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from guildhall_local.checker import databases
from guildhall_local.instance import Instance, service_of

POLL = 0.1
PUBLISHES = {"membership", "events"}
"""Services whose own signals the workload causes all the time."""
# The grants' consumer is left out: heartbeats alone bring it forward.
_SEEN = """
SELECT (SELECT coalesce(sum(next_offset), 0)
          FROM servicekit.positions
          JOIN servicekit.consumers USING (consumer)
          JOIN servicekit.projections p ON p.name = consumers.projection AND p.epoch = positions.epoch
         WHERE consumer <> 'grants')::bigint AS applied,
       (SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NOT NULL) AS sent
"""


@dataclass(frozen=True, slots=True)
class Seen:
    applied: int
    sent: int

    def is_beyond(self, before: "Seen", *, publishes: bool) -> bool:
        return self.applied > before.applied and (self.sent > before.sent or not publishes)


@dataclass(slots=True)
class Progress:
    """Looks past every wall and every proxy."""

    opened: Mapping[str, asyncpg.Connection]

    async def seen(self, process: str) -> Seen:
        row = await self.opened[service_of(process)].fetchrow(_SEEN)
        assert row is not None
        return Seen(row["applied"], row["sent"])

    async def goes_on(self, process: str, before: Seen, *, since: float, within: float = 90.0) -> float:
        """Seconds since the instant (`time.monotonic`) until the worker does again what it is there for."""
        publishes = service_of(process) in PUBLISHES
        while not (await self.seen(process)).is_beyond(before, publishes=publishes):
            if time.monotonic() - since > within:
                raise AssertionError(f"{process} stands still for {within:.0f} s")
            await asyncio.sleep(POLL)
        return time.monotonic() - since

    async def jobs_done(self, process: str, *, since: float, within: float = 90.0) -> float:
        """The same until no job is left, whoever began it."""
        under_way = "SELECT EXISTS (SELECT FROM servicekit.jobs WHERE state IN ('queued', 'running'))"
        while await self.opened[service_of(process)].fetchval(under_way):
            if time.monotonic() - since > within:
                raise AssertionError(f"jobs of {process} are not done after {within:.0f} s")
            await asyncio.sleep(POLL)
        return time.monotonic() - since


@asynccontextmanager
async def watching(instance: Instance) -> AsyncIterator[Progress]:
    async with databases.opened(instance) as opened:
        yield Progress(opened)
