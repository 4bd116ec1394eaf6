"""A funnel as a client gets it: own networks' figures exact where the reader may know them, all others as published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel

from analytics_service.counting.funnels import By
from analytics_service.counting.model import Event, GroupCount, PartCount
from analytics_service.disclosure.bounds import Name
from analytics_service.disclosure.funnels import ALL, MEASURES, PublishedFunnel
from analytics_service.disclosure.model import percentage
from analytics_service.reports.table import AsOf, explained
from analytics_service.reports.views import NetworkView
from analytics_service.snapshots.store import ELSEWHERE


class EventView(BaseModel):
    id: UUID
    title: str


Part = Literal["network", "sector", "job-role", "elsewhere", "all"]


class FunnelRow(BaseModel):
    part: Part
    """Elsewhere: people who were at home in none of the event's networks on the day it was published."""
    network: NetworkView | None
    code: str | None = None
    """The sector or job role; "" where it is not known."""
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
    events_withheld: dict[str, int] = {}
    """By measure: of how many events the figure is suppressed, so that the sum is of the others alone."""

    @classmethod
    def of(
        cls,
        part: Part,
        figures: Mapping[str, int | None],
        *,
        network: NetworkView | None = None,
        code: str | None = None,
        day: date | None = None,
    ) -> Self:
        """day: None for exact figures."""
        return cls(
            part=part,
            network=network,
            code=code,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Exact rows of the people that the reader may know."""

    by: By
    rows: list[FunnelRow]
    everybody: bool
    """Whether nobody is left out: only the national lead has no elsewhere."""
    total: FunnelRow

    @classmethod
    def of(
        cls, found: Sequence[GroupCount], *, by: By, everybody: bool, networks: Mapping[object, NetworkView]
    ) -> Self:
        sums = {measure: sum(one.counts[measure] for one in found) for measure in MEASURES}
        rows = [_group_row(one, by, networks) for one in found if everybody or not one.elsewhere]
        return cls(
            by=by,
            rows=sorted(rows, key=_by_name),
            everybody=everybody,
            total=FunnelRow.of("all", sums),
        )


def _by_name(row: FunnelRow) -> tuple[bool, str]:
    return row.part == "elsewhere", row.network.name if row.network else row.code or ""


def _group_row(one: GroupCount, by: By, networks: Mapping[object, NetworkView]) -> FunnelRow:
    if one.elsewhere:
        return FunnelRow.of("elsewhere", one.counts)
    if by == "network":
        return FunnelRow.of("network", one.counts, network=networks[UUID(one.key or "")])
    return FunnelRow.of(by, one.counts, code=one.key)


class FunnelReport(BaseModel):
    """From may-come to was-there, each person once, by where they were at home when the event was published."""

    title: str
    dimensions: list[str] = ["network"]
    measures: list[str] = [*MEASURES, "registered_of_eligible", "attended_of_registered"]
    event: EventView
    network: NetworkView
    """Who holds the event."""
    as_of: AsOf
    explanation: str
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
    def grouped(cls, event: Event, groups: Groups, published: PublishedFunnel | None, as_of: AsOf) -> Self:
        """By what people were, or by where they are now. published: what stands for others, where the reader may not
        know them; None where everybody is in the groups, or nothing is to be told of others.
        """
        if groups.everybody:
            return cls._of(event, groups.rows, groups.total, as_of=as_of, by=groups.by)
        if published is None:
            return cls._of(event, groups.rows, None, as_of=as_of, by=groups.by)
        elsewhere = FunnelRow.of("elsewhere", published.parts[ELSEWHERE], day=published.day)
        total = FunnelRow.of("all", published.parts[ALL], day=published.day)
        return cls._of(event, [*groups.rows, elsewhere], total, as_of=as_of, by=groups.by)

    @classmethod
    def _of(
        cls,
        event: Event,
        rows: list[FunnelRow],
        total: FunnelRow | None,
        *,
        as_of: AsOf = AsOf.THEN,
        by: str = "network",
    ) -> Self:
        every = [*rows, total] if total else rows
        return cls(
            title=f"From may-come to was-there: {event.title}",
            dimensions=[by],
            as_of=as_of,
            explanation=explained(as_of),
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
