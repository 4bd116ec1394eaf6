"""A report by its link alone: published figures, while the person it was made for may still read the network's.

Whoever opens it is nobody in particular: mail is forwarded, and scanners open every link. So no figure is shown that
could not be published, and looking at it changes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from access import Db, anyone, policy
from access.policy import Freshness
from analytics_service.counting import store as counting
from analytics_service.counting.model import Network
from analytics_service.pages.page import page_of, sentence_page
from analytics_service.pages.response import page_response
from analytics_service.reports import produce
from analytics_service.reports.asked import (
    AskActivity,
    AskCoverage,
    Asked,
    AskMembers,
    AskPeers,
    AskPeriod,
    AskRetention,
)
from analytics_service.reports.edge import names_of_regions
from analytics_service.reports.model import NothingPublished
from analytics_service.reports.tables import table_of
from analytics_service.schedules import store
from analytics_service.schedules.holders import principal_of
from analytics_service.schedules.model import ReadyReport, hash_of
from servicekit import clock
from servicekit.cells import NATIONAL
from servicekit.problem import Forbidden, NotFound, Problem, Unavailable
from servicekit.web.addresses import CellName
from servicekit.web.media import page

router = APIRouter(prefix="/api/v1/cells/{cell}/reports/shown", tags=["shown"])

HINT = "This page opens for whoever has its link, so it shows published figures only. Exact ones need a sign-in."
NOTHING = "This link leads to no report that can be shown."


@dataclass(frozen=True, slots=True)
class _Reader:
    """Somebody without a token: only what the link or the person behind it leads to can be seen."""

    identity: str = ""
    person_id: UUID | None = None
    email: str | None = None
    scopes: tuple[str, ...] = ()


class NoLongerShown(Problem):
    status = 410
    code = "report-gone"
    title = "This report is no longer shown"


@router.get("/{link}", dependencies=[anyone()], response_class=Response, responses=page())
async def shown(cell: CellName, link: Annotated[str, Path(max_length=100)], db: Db, request: Request) -> Response:
    """The page. 404 where the link leads nowhere or the right is gone, 410 where it has expired, in words."""
    try:
        ready = await _ready(db, cell, link)
        network = await _network(db, ready, request)
        async with db.reading(_Reader()) as conn:
            reading = produce.Reading(
                exactly=False, today=clock.today(), regions=names_of_regions(request.app.state.cells)
            )
            report = await produce.report_of(conn, network, _ask(ready), reading)
    except (NotFound, Forbidden, NoLongerShown, Unavailable) as refusal:
        said = refusal.detail if isinstance(refusal, NoLongerShown | NothingPublished | Unavailable) else NOTHING
        status = 404 if isinstance(refusal, Forbidden) else refusal.status
        return page_response(sentence_page("There is no report to show", said), status=status)
    return page_response(page_of(table_of(report), hint=HINT))


async def _ready(db: Db, cell: str, link: str) -> ReadyReport:
    """Raises NotFound and NoLongerShown."""
    link_hash = hash_of(link)
    async with db.reading(_Reader(identity=link_hash)) as conn:
        ready = await store.find_linked(conn, link_hash)
    if ready is None or ready.cell != cell:
        raise NotFound(NOTHING)
    if ready.withdrawn_at is not None:
        raise NoLongerShown("This report has been stopped, and its links with it.")
    if ready.expires_at <= clock.now():
        raise NoLongerShown(f"This link opened the report until {ready.expires_at:%d %B %Y}.")
    return ready


async def _network(db: Db, ready: ReadyReport, request: Request) -> Network:
    """The network, where the person may still read its reports. Raises NotFound, Forbidden and AccessStale."""
    now = clock.now()
    async with db.reading(_Reader(person_id=ready.person_id)) as conn:
        network = await counting.find_network(conn, ready.network_id, on=clock.london_day(now))
        principal = await principal_of(conn, ready.person_id, now=now)
    if network is None or network.cell != ready.cell:
        raise NotFound(NOTHING)
    policy.decide(
        principal,
        "read-report",
        network.path,
        cells={NATIONAL, request.app.state.cells.containing(network.path)},
        freshness=Freshness(now, timedelta(seconds=request.app.state.settings.access_bound_seconds)),
    )
    return network


def _ask(ready: ReadyReport) -> Asked:
    """What the report of this period asks for."""
    network, first, last = ready.network_id, ready.first, ready.last
    match ready.report:
        case "members":
            return AskMembers(network=network, on=last)
        case "coverage":
            return AskCoverage(network=network, first=last - timedelta(days=365), to=last)
        case "active-members":
            return AskActivity(network=network, on=last)
        case "retention":
            return AskRetention(network=network, to=last)
        case "peers":
            return AskPeers(network=network, on=last)
        case _:
            return AskPeriod(network=network, first=first, to=last)
