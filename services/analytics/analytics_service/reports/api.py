"""Reports over HTTP: exact within the reader's grant, the newest snapshot for everybody else who holds one."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request

from access import Caller, Db, policy
from analytics_service.counting import store as counting
from analytics_service.reports import store
from analytics_service.reports.edge import AskedEvent, AskedNetwork, ReadsFunnelExactly, ReadsMembersExactly
from analytics_service.reports.funnel_views import FunnelReport
from analytics_service.reports.model import NothingPublished, Step, check_day, days_between
from analytics_service.reports.views import CoverageReport, MembersReport, NetworkView
from analytics_service.snapshots import store as snapshots
from servicekit import clock
from servicekit.cells import NATIONAL

router = APIRouter(prefix="/api/v1/cells/{cell}/reports", tags=["reports"])


@router.get("/members")
async def members(
    network: AskedNetwork,
    db: Db,
    caller: Caller,
    exactly: ReadsMembersExactly,
    on: Annotated[date | None, Query()] = None,
) -> MembersReport:
    """Members of a network and below on a day, by the networks next below. Errors: 404, 422 a day that lies ahead."""
    today = clock.today()
    day = check_day(on or today, today=today)
    async with db.reading(caller) as conn:
        if exactly:
            counts = await counting.members_below(conn, network.network_id, on=day)
            return MembersReport.exactly(network, counts, day)
        published = await store.published_members(conn, network.network_id, until=day)
    if not published:
        raise NothingPublished(f"No figures of {network.name} have been published for {day} or before.")
    return MembersReport.published(network, published)


@router.get("/coverage")
async def coverage(
    network: AskedNetwork,
    db: Db,
    caller: Caller,
    exactly: ReadsMembersExactly,
    first: Annotated[date, Query(alias="from")],
    to: Annotated[date | None, Query()] = None,
    step: Annotated[Step, Query()] = Step.MONTH,
) -> CoverageReport:
    """Open trusts with at least one member, day by day in steps. Errors: 404, 422 days out of order or ahead."""
    today = clock.today()
    last = check_day(to or today, today=today)
    days = days_between(first, last, step)
    async with db.reading(caller) as conn:
        if exactly:
            found = await counting.coverage_on(conn, network.network_id, days)
            return CoverageReport.of(network, first, last, found, exact=True)
        published = await store.published_coverage(conn, network.network_id, days)
    return CoverageReport.of(network, first, last, published, exact=False)


@router.get("/events/{event_id}/funnel")
async def funnel(
    event: AskedEvent,
    event_id: UUID,
    db: Db,
    caller: Caller,
    request: Request,
    exactly: ReadsFunnelExactly,
    by: Annotated[Literal["network"], Query()] = "network",
) -> FunnelReport:
    """Eligible, told, registered, waited and attended, by network. Errors: 404 unknown, or nothing published yet."""
    everywhere = policy.allows(caller, "read-funnel", request.app.state.cells.all[NATIONAL].root)
    async with db.reading(caller) as conn:
        published = (await snapshots.funnels_published(conn, [event_id])).get(event_id, [])
        newest = published[-1] if published else None
        if exactly:
            parts = await counting.funnel(conn, event_id)
            return FunnelReport.exactly(event, parts) if everywhere else FunnelReport.own_exactly(event, parts, newest)
        tree = await counting.networks(conn, event.published_on)
    if newest is None:
        raise NothingPublished(f"No figures of {event.title} have been published yet.")
    return FunnelReport.published(event, newest, {one.network_id: NetworkView.of(one) for one in tree})
