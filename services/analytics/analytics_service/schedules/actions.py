"""A schedule is made, changed and ended by whose it is; when it is due, a link is made and told of."""

from datetime import datetime
from uuid import UUID

from analytics_contracts import ReportReady
from analytics_service.counting.model import Network
from analytics_service.schedules import store
from analytics_service.schedules.model import (
    MOST_AT_A_TIME,
    OPENS_FOR,
    Every,
    ReadyReport,
    Schedule,
    TooManySchedules,
    hash_of,
    last_due,
    link_of,
    next_due,
    period_of,
)
from servicekit import clock
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.outbox import publish
from servicekit.web import check_version


async def begin(
    conn: Conn,
    *,
    schedule_id: UUID,
    person_id: UUID,
    network: Network,
    report: str,
    every: Every,
    on_day: int,
    now: datetime,
) -> Schedule:
    """Raises NoSuchDay, TooManySchedules and AlreadyScheduled."""
    schedule = Schedule(
        schedule_id=schedule_id,
        version=1,
        person_id=person_id,
        cell=network.cell,
        network_id=network.network_id,
        report=report,
        every=every,
        on_day=on_day,
        next_on=next_due(every, on_day, after=clock.london_day(now)),
        reports=0,
        created_at=now,
    )
    if await store.count_live(conn, person_id) >= MOST_AT_A_TIME:
        raise TooManySchedules(f"You have {MOST_AT_A_TIME} scheduled reports: end one first.")
    await store.add(conn, schedule)
    return schedule


async def change(conn: Conn, schedule_id: UUID, *, expected: int, every: Every, on_day: int, now: datetime) -> Schedule:
    schedule = await store.lock(conn, schedule_id)
    check_version(expected, schedule.version)
    changed = schedule.changed(every=every, on_day=on_day, today=clock.london_day(now))
    await store.save(conn, changed)
    return changed


async def end(conn: Conn, schedule_id: UUID, *, expected: int, now: datetime) -> Schedule:
    """Nothing more comes, and what has come opens no longer."""
    schedule = await store.lock(conn, schedule_id)
    check_version(expected, schedule.version)
    return await _ended(conn, schedule, now=now, because="asked-for")


async def make_ready(conn: Conn, schedule: Schedule, network: Network, *, now: datetime, chance: bytes) -> None:
    """Tell of the report of the newest period that is over; what was missed before that is left out.

    The schedule's row is locked. chance: random bytes for the link; its hash alone is kept.
    """
    today, link = clock.london_day(now), link_of(chance)
    first, last = period_of(schedule.every, last_due(schedule.every, schedule.on_day, today=today))
    told = schedule.told(today=today)
    await store.save(conn, told)
    ready = ReadyReport(
        report_id=new_id(),
        schedule_id=schedule.schedule_id,
        person_id=schedule.person_id,
        link_hash=hash_of(link),
        cell=schedule.cell,
        network_id=schedule.network_id,
        report=schedule.report,
        first=first,
        last=last,
        ready_at=now,
        expires_at=now + OPENS_FOR,
    )
    if await store.add_ready(conn, ready):
        await publish(conn, _signal(ready, link), at=Origin(schedule.cell, network.path))


async def give_up(conn: Conn, schedule: Schedule, *, now: datetime) -> Schedule:
    """The right to it is gone: nothing is told."""
    return await _ended(conn, schedule, now=now, because="right-lost")


async def _ended(conn: Conn, schedule: Schedule, *, now: datetime, because: str) -> Schedule:
    ended = schedule.ended(at=now, because=because)
    await store.save(conn, ended)
    await store.withdraw(conn, schedule.schedule_id, at=now)
    return ended


def _signal(ready: ReadyReport, link: str) -> ReportReady:
    return ReportReady(
        version=1,
        report_id=ready.report_id,
        schedule_id=ready.schedule_id,
        person_id=ready.person_id,
        network_id=ready.network_id,
        report=ready.report,
        first=ready.first,
        last=ready.last,
        link=link,
        expires_at=ready.expires_at,
    )
