"""Reports over HTTP: exact within the reader's grant, published ones for other holders; as JSON or as a page."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from access import may
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
from analytics_service.reports.edge import PUBLISHED, AskingOfEvent, AskingOfNetwork
from analytics_service.reports.funnel_views import FunnelReport
from analytics_service.reports.model import Step
from analytics_service.reports.peers_views import Among, PeersReport
from analytics_service.reports.period_views import PeriodReport
from analytics_service.reports.retention_views import RetentionReport
from analytics_service.reports.table import AsOf
from analytics_service.reports.views import CoverageReport, MembersReport

# Asked before anything is looked up: whoever holds no grant is not to learn what there is, such as another's event.
router = APIRouter(prefix="/api/v1/cells/{cell}/reports", tags=["reports"], dependencies=[may(PUBLISHED)])

As = Annotated[AsOf, Query(alias="as")]
"""As it was then, or the same people as they are placed now."""
DayOrToday = Annotated[date | None, Query()]
First = Annotated[date | None, Query(alias="from")]
GroupedBy = Annotated[By, Query()]


@router.get("/members", response_model=MembersReport)
async def members(asking: AskingOfNetwork, on: DayOrToday = None, as_of: As = AsOf.THEN) -> MembersReport | Response:
    """Members of a network and below on a day, by the networks next below. Errors: 404, 422 a day that lies ahead."""
    ask = AskMembers(network=asking.of.network_id, on=on, as_of=as_of)
    return await asking.answer(produce.members, ask)


@router.get("/coverage", response_model=CoverageReport)
async def coverage(
    asking: AskingOfNetwork,
    first: Annotated[date, Query(alias="from")],
    to: DayOrToday = None,
    step: Annotated[Step, Query()] = Step.MONTH,
    as_of: As = AsOf.THEN,
) -> CoverageReport | Response:
    """Open trusts with at least one member, day by day in steps. Errors: 404, 422 days out of order or ahead."""
    ask = AskCoverage(network=asking.of.network_id, first=first, to=to, step=step, as_of=as_of)
    return await asking.answer(produce.coverage, ask)


@router.get("/active-members", response_model=ActivityReport)
async def active_members(
    asking: AskingOfNetwork, on: DayOrToday = None, as_of: As = AsOf.THEN
) -> ActivityReport | Response:
    """Who joined, registered or attended within the 90 days that end with the day. Errors: 404, 422."""
    ask = AskActivity(network=asking.of.network_id, on=on, as_of=as_of)
    return await asking.answer(produce.active_members, ask)


@router.get("/retention", response_model=RetentionReport)
async def retention(
    asking: AskingOfNetwork, first: First = None, to: DayOrToday = None, as_of: As = AsOf.THEN
) -> RetentionReport | Response:
    """Who stayed, by month of joining; two years where no days are given. Errors: 404, 422."""
    ask = AskRetention(network=asking.of.network_id, first=first, to=to, as_of=as_of)
    return await asking.answer(produce.who_stayed, ask)


@router.get("/funnel", response_model=PeriodReport)
async def period_funnel(
    asking: AskingOfNetwork,
    first: First = None,
    to: DayOrToday = None,
    by: GroupedBy = "network",
    as_of: As = AsOf.THEN,
) -> PeriodReport | Response:
    """The funnel of all events of the network and below that began in a period. Errors: 404, 422 too many events."""
    ask = AskPeriod(network=asking.of.network_id, first=first, to=to, by=by, as_of=as_of)
    return await asking.answer(produce.period, ask)


@router.get("/peers", response_model=PeersReport)
async def peers(
    asking: AskingOfNetwork, among: Annotated[Among, Query()] = "region", on: DayOrToday = None
) -> PeersReport | Response:
    """The network beside its peers, in published figures alone. Errors: 404, 422 a network that has none."""
    ask = AskPeers(network=asking.of.network_id, among=among, on=on)
    return await asking.answer(produce.peers, ask)


@router.get("/events/{event_id}/funnel", response_model=FunnelReport)
async def funnel(asking: AskingOfEvent, by: GroupedBy = "network", as_of: As = AsOf.THEN) -> FunnelReport | Response:
    """Eligible, told, registered, waited and attended. Errors: 404 unknown, or nothing published yet."""
    ask = AskEventFunnel(event=asking.of.event_id, by=by, as_of=as_of)
    return await asking.answer(produce.event_funnel, ask)
