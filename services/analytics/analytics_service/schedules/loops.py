"""Due reports are told of by `work`, one transaction each; what is past its time is cleared away beside it."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from access import policy
from access.policy import AccessStale, Freshness
from analytics_service.counting import store as counting
from analytics_service.exports import store as exports
from analytics_service.schedules import actions, store
from analytics_service.schedules.holders import principal_of
from analytics_service.schedules.model import AT_LATEST_AT_HOUR, DUE_AT_HOUR, LINK_BYTES, REMEMBERED_FOR
from analytics_service.settings import AnalyticsSettings
from servicekit import clock
from servicekit.cells import NATIONAL, Cells
from servicekit.database import Conn, Database
from servicekit.problem import Forbidden, NotFound
from servicekit.process import Work
from servicekit.rounds import repeat

AT_A_TIME = 100
Chance = Callable[[], bytes]


async def tell_of_reports(work: Work[AnalyticsSettings]) -> None:
    """Runs until told to stop; a database that is away is waited for."""
    bound = timedelta(seconds=work.settings.access_bound_seconds)

    async def once() -> None:
        now = clock.now()
        await tell_due(work.db, work.cells, now=now, bound=bound)
        await forget_past(work.db, now=now)

    await repeat(once, work.stopping, every=work.settings.schedules_looked_for_seconds, waiting="schedules.wait")


async def tell_due(
    db: Database,
    cells: Cells,
    *,
    now: datetime,
    bound: timedelta,
    chance: Chance = lambda: secrets.token_bytes(LINK_BYTES),
) -> int:
    """Tell of what is due from six in the morning on. Returns how many were told of or given up."""
    local = now.astimezone(clock.LONDON)
    if local.hour < DUE_AT_HOUR:
        return 0
    async with db.reading() as conn:
        due = await store.due(
            conn,
            sorted(cells.served),
            today=local.date(),
            at_latest=local.hour >= AT_LATEST_AT_HOUR,
            limit=AT_A_TIME,
        )
    done = 0
    for schedule_id in due:
        async with db.transaction() as conn:
            done += await _tell(conn, cells, schedule_id, now=now, bound=bound, chance=chance())
    return done


async def _tell(conn: Conn, cells: Cells, schedule_id: UUID, *, now: datetime, bound: timedelta, chance: bytes) -> bool:
    """False where it is not known just now whether the right still holds: it is asked again."""
    schedule = await store.lock(conn, schedule_id)
    today = clock.london_day(now)
    if schedule.ended_at is not None or schedule.next_on > today:
        return False  # somebody was faster
    network = await counting.find_network(conn, schedule.network_id, on=today)
    try:
        if network is None:
            raise NotFound("The network is not known here any more.")
        policy.decide(
            await principal_of(conn, schedule.person_id, now=now),
            "read-report",
            network.path,
            cells={NATIONAL, cells.containing(network.path)},
            freshness=Freshness(now, bound),
        )
    except AccessStale:
        return False
    except (NotFound, Forbidden):
        await actions.give_up(conn, schedule, now=now)
        return True
    await actions.make_ready(conn, schedule, network, now=now, chance=chance)
    return True


async def forget_past(db: Database, *, now: datetime) -> int:
    """Files that are no longer kept, and links that have not opened for a month."""
    async with db.transaction() as conn:
        return await exports.forget_expired(conn, now=now) + await store.forget_expired(
            conn, before=now - REMEMBERED_FOR
        )
