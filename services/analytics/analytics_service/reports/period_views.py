"""The funnel of all events of a network in a period: each person once for each event."""

from collections.abc import Mapping
from datetime import date
from typing import Self

from pydantic import BaseModel

from analytics_service.counting.model import Network
from analytics_service.disclosure.funnels import MEASURES
from analytics_service.reports.funnel_views import FunnelRow, Groups
from analytics_service.reports.store import PublishedSum
from analytics_service.reports.table import AsOf, explained
from analytics_service.reports.views import NetworkView, in_words


class PeriodReport(BaseModel):
    """From may-come to was-there, over all events that the network and those below held in the period."""

    title: str
    dimensions: list[str]
    measures: list[str] = [*MEASURES, "registered_of_eligible", "attended_of_registered"]
    network: NetworkView
    first: date
    last: date
    events: int
    """That began in the period."""
    as_of: AsOf
    explanation: str
    exact: bool
    rows: list[FunnelRow]
    """Exact; none where the reader may know nobody exactly."""
    total: FunnelRow | None
    """Where it is not exact, the sum of what was published last of each event."""
    suppressed: bool

    @classmethod
    def exactly(
        cls,
        network: Network,
        period: tuple[date, date],
        events: int,
        groups: Groups,
        published: Mapping[str, PublishedSum],
        as_of: AsOf,
    ) -> Self:
        if groups.everybody:
            return cls._of(network, period, events, groups.by, groups.rows, groups.total, as_of)
        others = _sum_row("elsewhere", published.get("elsewhere"))
        rows = [*groups.rows, others] if others else groups.rows
        return cls._of(network, period, events, groups.by, rows, _sum_row("all", published.get("all")), as_of)

    @classmethod
    def published(
        cls, network: Network, period: tuple[date, date], events: int, published: Mapping[str, PublishedSum]
    ) -> Self:
        total = _sum_row("all", published.get("all"))
        return cls._of(network, period, events, "network", [], total, AsOf.THEN)

    @classmethod
    def _of(
        cls,
        network: Network,
        period: tuple[date, date],
        events: int,
        by: str,
        rows: list[FunnelRow],
        total: FunnelRow | None,
        as_of: AsOf,
    ) -> Self:
        every = [*rows, total] if total else rows
        first, last = period
        return cls(
            title=f"From may-come to was-there: {network.name}, {in_words(first)} to {in_words(last)}",
            dimensions=[by],
            network=NetworkView.of(network),
            first=first,
            last=last,
            events=events,
            as_of=as_of,
            explanation=explained(as_of),
            exact=total is not None and all(row.exact for row in every),
            rows=rows,
            total=total,
            suppressed=any(row.suppressed or row.events_withheld for row in every),
        )


def _sum_row(part: str, told: PublishedSum | None) -> FunnelRow | None:
    """None where nothing has been published of any of the events."""
    if told is None:
        return None
    row = FunnelRow.of("all" if part == "all" else "elsewhere", told.figures, day=told.newest)
    return row.model_copy(update={"events_withheld": {name: count for name, count in told.withheld.items() if count}})
