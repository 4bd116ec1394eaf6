"""Retention in a snapshot: of regions alone, each month's cohort at fixed ages, each point once and never again."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID, uuid5

from analytics_contracts import RetentionCounted, Stayed
from analytics_service.counting import retention as counting
from analytics_service.counting import store as networks
from analytics_service.counting.model import REGION, Network
from analytics_service.disclosure.retention import AFTER, JOINED, publish_cohort
from analytics_service.snapshots import store, wider_store
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing

LOOKED_BACK = max(AFTER) + 1
"""Months: what was to come of older cohorts came on the last day of the month before this one, or earlier."""


async def retention_to_publish(conn: Conn, network: Network, day: date) -> list[Outgoing]:
    """Keep what has come to its day by now of each region that this is, or that lies next below; what is to be sent."""
    found = [
        one
        for one in await networks.networks(conn, day)
        if one.kind == REGION and network.path in (one.path, one.path.rpartition(".")[0])
    ]
    return [signal for region in found for signal in await _of_region(conn, region, network.cell, day)]


async def _of_region(conn: Conn, region: Network, cell: str, day: date) -> list[Outgoing]:
    published = await wider_store.retention_published(conn, region.network_id, since=month_before(day, LOOKED_BACK))
    due = {
        month: missing for month, ages in points_due(day).items() if (missing := ages - set(published.get(month, ())))
    }
    if not due:
        return []
    cohorts = await counting.cohorts(
        conn, region.network_id, first=min(due), last=max(due), after=AFTER, today=day, by_tree_of=None
    )
    new = {
        one.month: {
            age: people for age, people in publish_cohort(one.joined, one.still).items() if age in due[one.month]
        }
        for one in cohorts
        if one.month in due
    }
    await wider_store.add_retention(conn, region.network_id, new)
    subjects = {month: uuid5(region.network_id, month.isoformat()) for month in new}
    await wider_store.hold(conn, [region.network_id])
    versions = await store.next_versions(conn, list(subjects.values()))
    return [
        Outgoing(
            _signal(region.network_id, month, published.get(month, {}) | points, versions[subjects[month]]),
            Origin(cell, region.path),
        )
        for month, points in new.items()
    ]


def _signal(network_id: UUID, month: date, points: Mapping[int, int | None], version: int) -> RetentionCounted:
    return RetentionCounted(
        version=version,
        network_id=network_id,
        month=month,
        joined=points[JOINED],
        stayed=[Stayed(after=age, people=points[age]) for age in sorted(points) if age != JOINED],
    )


def points_due(day: date) -> dict[date, set[int]]:
    """By month of joining: the ages that have come by the end of this day, and the cohort itself with the first."""
    found = {}
    for back in range(1, LOOKED_BACK + 1):
        month = month_before(day, back)
        ages = {age for age in AFTER if month_end(month_before(month, -age)) <= day}
        if ages:
            found[month] = ages | {JOINED}
    return found


def month_before(day: date, months: int) -> date:
    """The first day of the month so many months before; negative: after."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


def month_end(month: date) -> date:
    return month + timedelta(days=monthrange(month.year, month.month)[1] - 1)
