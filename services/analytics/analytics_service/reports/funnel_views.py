"""A funnel as a client gets it: own networks' figures exact where the reader may know them, all others as published."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel

from analytics_service.counting.model import Event, PartCount
from analytics_service.disclosure.bounds import Name
from analytics_service.disclosure.funnels import ALL, MEASURES, PublishedFunnel
from analytics_service.disclosure.model import percentage
from analytics_service.reports.views import NetworkView
from analytics_service.snapshots.store import ELSEWHERE


class EventView(BaseModel):
    id: UUID
    title: str


class FunnelRow(BaseModel):
    part: Literal["network", "elsewhere", "all"]
    """Elsewhere: people who were at home in none of the event's networks on the day it was published."""
    network: NetworkView | None
    exact: bool
    day: date | None
    """Of which day's end a published row tells; null for an exact one, which tells of now."""
    eligible: int | None
    told: int | None
    registered: int | None
    waited: int | None
    attended: int | None
    registered_of_eligible: float | None
    attended_of_registered: float | None
    suppressed: list[str]

    @classmethod
    def of(
        cls,
        part: Literal["network", "elsewhere", "all"],
        figures: Mapping[str, int | None],
        *,
        network: NetworkView | None = None,
        day: date | None = None,
    ) -> Self:
        """day: None for exact figures."""
        return cls(
            part=part,
            network=network,
            exact=day is None,
            day=day,
            eligible=figures["eligible"],
            told=figures["told"],
            registered=figures["registered"],
            waited=figures["waited"],
            attended=figures["attended"],
            registered_of_eligible=percentage(figures["registered"], figures["eligible"]),
            attended_of_registered=percentage(figures["attended"], figures["registered"]),
            suppressed=[measure for measure in MEASURES if figures[measure] is None],
        )


class FunnelReport(BaseModel):
    """From may-come to was-there, each person once, by where they were at home when the event was published."""

    title: str
    dimensions: list[str] = ["network"]
    measures: list[str] = [*MEASURES, "registered_of_eligible", "attended_of_registered"]
    event: EventView
    network: NetworkView
    """Who holds the event."""
    exact: bool
    rows: list[FunnelRow]
    total: FunnelRow | None
    """None while nothing has been published that it could be taken from."""
    suppressed: bool

    @classmethod
    def exactly(cls, event: Event, parts: Sequence[PartCount]) -> Self:
        total = {measure: sum(part.counts[measure] for part in parts) for measure in MEASURES}
        return cls._of(event, [_exact_row(part) for part in parts], FunnelRow.of("all", total))

    @classmethod
    def own_exactly(cls, event: Event, parts: Sequence[PartCount], published: PublishedFunnel | None) -> Self:
        """For whoever knows the event's own networks: what stands for others comes from the newest snapshot alone."""
        own = [_exact_row(part) for part in parts if part.network is not None]
        if published is None:
            return cls._of(event, own, None)
        elsewhere = FunnelRow.of("elsewhere", published.parts[ELSEWHERE], day=published.day)
        return cls._of(event, [*own, elsewhere], FunnelRow.of("all", published.parts[ALL], day=published.day))

    @classmethod
    def published(cls, event: Event, published: PublishedFunnel, networks: Mapping[Name, NetworkView]) -> Self:
        rows = [
            FunnelRow.of("network", published.parts[name], network=network, day=published.day)
            for name, network in networks.items()
            if name in published.parts
        ]
        rows.append(FunnelRow.of("elsewhere", published.parts[ELSEWHERE], day=published.day))
        return cls._of(event, rows, FunnelRow.of("all", published.parts[ALL], day=published.day))

    @classmethod
    def _of(cls, event: Event, rows: list[FunnelRow], total: FunnelRow | None) -> Self:
        every = [*rows, total] if total else rows
        return cls(
            title=f"From may-come to was-there: {event.title}",
            event=EventView(id=event.event_id, title=event.title),
            network=NetworkView.of(event.network),
            exact=total is not None and all(row.exact for row in every),
            rows=rows,
            total=total,
            suppressed=any(row.suppressed for row in every),
        )


def _exact_row(part: PartCount) -> FunnelRow:
    if part.network is None:
        return FunnelRow.of("elsewhere", part.counts)
    return FunnelRow.of("network", part.counts, network=NetworkView.of(part.network))
