"""The picture as figures: measured by `work` every few seconds, so that alerts see what stands still too."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from servicekit import faults, metrics
from servicekit.status.picture import Status

SECONDS = 10.0

log = structlog.get_logger(__name__)


async def measure(gather: Callable[[], Awaitable[Status]], stopping: asyncio.Event) -> None:
    """Measure until told to stop; what is away is measured later."""
    while not stopping.is_set():
        try:
            expose(await gather())
        except Exception as error:
            if not faults.is_away(error):
                raise
            log.info("status.unmeasured", reason=type(error).__name__)
        try:
            async with asyncio.timeout(SECONDS):
                await stopping.wait()
        except TimeoutError:
            continue


def expose(status: Status) -> None:
    """Set every gauge that the picture speaks of; what it could not see keeps its last value."""
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
