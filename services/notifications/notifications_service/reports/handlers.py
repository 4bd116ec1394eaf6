"""Tell whoever asked for a report that it is there, once, for as long as it opens."""

from collections.abc import Sequence

from analytics_contracts import ReportReady
from notifications_service.reports import store
from notifications_service.reports.model import EXPIRED, Report
from notifications_service.tellings import actions
from notifications_service.tellings.model import Channel, Kind, Telling
from servicekit import clock
from servicekit.consumers import Delivery, Serves
from servicekit.database import Conn
from servicekit.subjects import erased


async def tell_of_reports(conn: Conn, deliveries: Sequence[Delivery[ReportReady]], serves: Serves) -> None:
    """Those of served cells are told; of the others is kept what opens them, since their mails may be handed on here.

    Whoever hears of one too late is not told, and the ledger says so.
    """
    now = clock.now()
    gone = await erased(conn, [ready.data.person_id for ready in deliveries])
    for ready in [ready for ready in deliveries if ready.data.person_id not in gone]:
        report = _report(ready.data)
        is_over = report.is_over(now=now)
        is_new = await store.add(conn, report, with_link=not (is_over or ready.before_start))
        if is_new and serves(ready.cell):
            await actions.tell(conn, [_telling(ready, report, is_over=is_over)])


def _telling(ready: Delivery[ReportReady], report: Report, *, is_over: bool) -> Telling:
    return Telling(
        cause=report.cause,
        person_id=report.person_id,
        kind=Kind.REPORT_READY,
        event_id=None,
        cell=ready.cell,
        network=ready.network,
        untold=dict.fromkeys(Channel, EXPIRED) if is_over else {},
        before_start=ready.before_start,
    )


def _report(ready: ReportReady) -> Report:
    return Report(
        report_id=ready.report_id,
        person_id=ready.person_id,
        network_id=ready.network_id,
        report=ready.report,
        first=ready.first,
        last=ready.last,
        link=ready.link,
        expires_at=ready.expires_at,
    )
