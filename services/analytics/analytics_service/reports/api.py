"""Reports over HTTP: exact within the reader's grant, published ones for other holders; as JSON or as a page."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from access import Caller, Db
from analytics_service.counting.funnels import By
from analytics_service.reports import produce
from analytics_service.reports.activity_views import ActivityReport
from analytics_service.reports.asked import (
    AskActivity,
    AskCoverage,
    AskEventFunnel,
    AskMembers,
    AskPeers,
    AskPeriod,
    AskRetention,
)
from analytics_service.reports.edge import (
    AskedEvent,
    AskedNetwork,
    ReadsFunnelExactly,
    ReadsMembersExactly,
    answer,
    reading,
)
from analytics_service.reports.funnel_views import FunnelReport
from analytics_service.reports.model import Step
from analytics_service.reports.peers_views import Among, PeersReport
from analytics_service.reports.period_views import PeriodReport
from analytics_service.reports.retention_views import RetentionReport
from analytics_service.reports.table import AsOf
from analytics_service.reports.views import CoverageReport, MembersReport

router = APIRouter(prefix="/api/v1/cells/{cell}/reports", tags=["reports"])

As = Annotated[AsOf, Query(alias="as")]
"""As it was then, or the same people as they are placed now."""
First = Annotated[date | None, Query(alias="from")]


@router.get("/members", response_model=MembersReport)
async def members(
    network: AskedNetwork,
    db: Db,
    caller: Caller,
    exactly: ReadsMembersExactly,
    request: Request,
    on: Annotated[date | None, Query()] = None,
    as_of: As = AsOf.THEN,
) -> MembersReport | Response:
    """Members of a network and below on a day, by the networks next below. Errors: 404, 422 a day that lies ahead."""
    ask = AskMembers(network=network.network_id, on=on, as_of=as_of)
    async with db.reading(caller) as conn:
        report = await produce.members(conn, network, ask, reading(request, caller, exactly))
    return answer(request, report)


@router.get("/coverage", response_model=CoverageReport)
async def coverage(
    network: AskedNetwork,
    db: Db,
    caller: Caller,
    exactly: ReadsMembersExactly,
    request: Request,
    first: Annotated[date, Query(alias="from")],
    to: Annotated[date | None, Query()] = None,
    step: Annotated[Step, Query()] = Step.MONTH,
    as_of: As = AsOf.THEN,
) -> CoverageReport | Response:
    """Open trusts with at least one member, day by day in steps. Errors: 404, 422 days out of order or ahead."""
    ask = AskCoverage(network=network.network_id, first=first, to=to, step=step, as_of=as_of)
    async with db.reading(caller) as conn:
        report = await produce.coverage(conn, network, ask, reading(request, caller, exactly))
    return answer(request, report)


@router.get("/active-members", response_model=ActivityReport)
async def active_members(
    network: AskedNetwork,
    db: Db,
    caller: Caller,
    exactly: ReadsMembersExactly,
    request: Request,
    on: Annotated[date | None, Query()] = None,
    as_of: As = AsOf.THEN,
) -> ActivityReport | Response:
    """Who joined, registered or attended within the 90 days that end with the day. Errors: 404, 422."""
    ask = AskActivity(network=network.network_id, on=on, as_of=as_of)
    async with db.reading(caller) as conn:
        report = await produce.active_members(conn, network, ask, reading(request, caller, exactly))
    return answer(request, report)


@router.get("/retention", response_model=RetentionReport)
async def retention(
    network: AskedNetwork,
    db: Db,
    caller: Caller,
    exactly: ReadsMembersExactly,
    request: Request,
    first: First = None,
    to: Annotated[date | None, Query()] = None,
    as_of: As = AsOf.THEN,
) -> RetentionReport | Response:
    """Who stayed, by month of joining; two years where no days are given. Errors: 404, 422."""
    ask = AskRetention(network=network.network_id, first=first, to=to, as_of=as_of)
    async with db.reading(caller) as conn:
        report = await produce.who_stayed(conn, network, ask, reading(request, caller, exactly))
    return answer(request, report)


@router.get("/funnel", response_model=PeriodReport)
async def period_funnel(
    network: AskedNetwork,
    db: Db,
    caller: Caller,
    exactly: ReadsMembersExactly,
    request: Request,
    first: First = None,
    to: Annotated[date | None, Query()] = None,
    by: Annotated[By, Query()] = "network",
    as_of: As = AsOf.THEN,
) -> PeriodReport | Response:
    """The funnel of all events of the network and below that began in a period. Errors: 404, 422 too many events."""
    ask = AskPeriod(network=network.network_id, first=first, to=to, by=by, as_of=as_of)
    async with db.reading(caller) as conn:
        report = await produce.period(conn, network, ask, reading(request, caller, exactly))
    return answer(request, report)


@router.get("/peers", response_model=PeersReport)
async def peers(
    network: AskedNetwork,
    db: Db,
    caller: Caller,
    exactly: ReadsMembersExactly,
    request: Request,
    among: Annotated[Among, Query()] = "region",
    on: Annotated[date | None, Query()] = None,
) -> PeersReport | Response:
    """The network beside its peers, in published figures alone. Errors: 404, 422 a network that has none."""
    ask = AskPeers(network=network.network_id, among=among, on=on)
    async with db.reading(caller) as conn:
        report = await produce.peers(conn, network, ask, reading(request, caller, exactly))
    return answer(request, report)


@router.get("/events/{event_id}/funnel", response_model=FunnelReport)
async def funnel(
    event: AskedEvent,
    event_id: UUID,
    db: Db,
    caller: Caller,
    exactly: ReadsFunnelExactly,
    request: Request,
    by: Annotated[By, Query()] = "network",
    as_of: As = AsOf.THEN,
) -> FunnelReport | Response:
    """Eligible, told, registered, waited and attended. Errors: 404 unknown, or nothing published yet."""
    ask = AskEventFunnel(event=event_id, by=by, as_of=as_of)
    async with db.reading(caller) as conn:
        report = await produce.event_funnel(conn, event, ask, reading(request, caller, exactly))
    return answer(request, report)
