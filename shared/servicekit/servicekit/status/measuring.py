"""The picture as figures: measured by `work` every few seconds, so that alerts see what stands still too."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from servicekit import faults, metrics
from servicekit.rounds import wait
from servicekit.status.picture import Status

SECONDS = 10.0
FRESH_WITHIN = 1.5
"""Seconds for which whoever asks waits for a new picture, as long as there is one to fall back on."""
OLD_AFTER = 3 * SECONDS

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Picture:
    """The newest picture, whoever had it taken."""

    gather: Callable[[], Awaitable[Status]]
    fresh_within: float = FRESH_WITHIN
    old_after: float = OLD_AFTER
    _last: Status | None = None
    _taken: float = 0.0

    async def new(self) -> Status:
        self._last = await self.gather()
        self._taken = time.monotonic()
        return self._last

    async def soon(self) -> Status:
        """A new one; where that takes long, the last, unless it is old. `at` says of when it is."""
        if self._last is None or time.monotonic() - self._taken > self.old_after:
            return await self.new()
        try:
            async with asyncio.timeout(self.fresh_within):
                return await self.new()
        except TimeoutError:
            return self._last


async def measure(gather: Callable[[], Awaitable[Status]], stopping: asyncio.Event) -> None:
    """Measure until told to stop; what is away is measured later."""
    while not stopping.is_set():
        try:
            expose(await gather())
        except Exception as error:
            if not faults.is_away(error):
                raise
            log.info("status.unmeasured", reason=type(error).__name__)
        await wait(stopping, SECONDS)


def expose(status: Status) -> None:
    """Set every gauge that the picture speaks of; what it could not see keeps its last value."""
    metrics.DEPENDENCY_ANSWERS.labels("database").set(status.database.answers)
    if status.schema_current:  # else nobody has asked the broker
        metrics.DEPENDENCY_ANSWERS.labels("broker").set(status.broker.answers)
    metrics.RELEASE.labels(status.service, status.release).set(1)
    for step in status.schema:
        metrics.MIGRATIONS_MISSING.labels(step.schema).set(step.missing)
    for projection in status.projections:
        metrics.PROJECTION_EPOCH.labels(projection.name).set(projection.epoch)
    if status.outbox is not None:
        metrics.OUTBOX_OLDEST.set(status.outbox.oldest_unsent_seconds or 0.0)
        for cell in status.reads:
            metrics.OUTBOX_UNSENT_BY_CELL.labels(cell).set(status.outbox.by_cell.get(cell, 0))
    for consumer in status.consumers:
        metrics.PARKED_SUBJECTS.labels(consumer.name).set(consumer.parked_subjects)
        for place in consumer.partitions:
            metrics.CONSUMER_LAG.labels(consumer.name, place.topic, place.partition).set(place.lag)
