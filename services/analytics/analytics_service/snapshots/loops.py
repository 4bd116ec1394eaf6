"""Snapshots are taken behind, by `work`: it alone sees the people of every scope, and only once it has caught up."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aiokafka.errors import KafkaError

from analytics_service.consumers import FACTS
from analytics_service.settings import AnalyticsSettings
from analytics_service.snapshots import actions, store
from servicekit import clock
from servicekit.cells import Cells
from servicekit.consumers.catching_up import CatchUp
from servicekit.database import Database
from servicekit.process import Work
from servicekit.rounds import repeat

CaughtUp = Callable[[], Awaitable[bool]]


async def take_snapshots(work: Work[AnalyticsSettings]) -> None:
    """Runs until told to stop; a database or broker that is away is waited for."""

    async def once() -> None:
        await take_due(work.db, work.cells, now=clock.now(), caught_up=lambda: has_caught_up(work))

    every = work.settings.snapshots_looked_for_seconds
    await repeat(once, work.stopping, every=every, waiting="snapshots.wait", waits_for=(KafkaError,))


async def take_due(db: Database, cells: Cells, *, now: datetime, caught_up: CaughtUp) -> int:
    """Take what is asked for, and yesterday's snapshot of each served cell's root. Returns how many were taken."""
    roots = [cells.all[name].root for name in cells.served]
    async with db.reading() as conn:
        due = await store.due(conn, roots, day=clock.london_day(now) - timedelta(days=1))
    if not due or not await caught_up():
        return 0
    for one in due:
        async with db.transaction() as conn:
            await actions.take(conn, one.network_id, one.day, now=now)
            await store.forget_request(conn, one.network_id, one.day)
    return len(due)


async def has_caught_up(work: Work[AnalyticsSettings]) -> bool:
    """Whether everything that stood on the topics just now has been applied: a figure is published only once."""
    caught_up = CatchUp(
        service="analytics", cells=work.cells, bootstrap=work.settings.kafka_bootstrap, db=work.db, consumer=FACTS
    )
    try:
        return await caught_up.reached(await caught_up.mark())
    finally:
        await caught_up.close()
