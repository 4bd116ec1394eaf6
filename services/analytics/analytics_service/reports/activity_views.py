"""Active members as a client gets them: by the networks next below, exact or as published."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from pydantic import BaseModel

from analytics_service.counting.activity import ACTIVE_DAYS
from analytics_service.counting.model import ActivityCount, Network, parents
from analytics_service.disclosure.model import percentage
from analytics_service.reports.store import PublishedActivityRow
from analytics_service.reports.table import AsOf, explained
from analytics_service.reports.views import NetworkView, in_words


class ActivityRow(BaseModel):
    network: NetworkView
    directly: bool
    """Whether only members of the network itself are meant, and not those of networks below."""
    members: int | None
    active: int | None
    active_of_members: float | None
    suppressed: list[str]

    @classmethod
    def of(cls, network: NetworkView, members: int | None, active: int | None, *, directly: bool = False) -> Self:
        figures = {"members": members, "active": active}
        return cls(
            network=network,
            directly=directly,
            members=members,
            active=active,
            active_of_members=percentage(active, members),
            suppressed=[name for name, figure in figures.items() if figure is None],
        )


class ActivityReport(BaseModel):
    """Members who joined, registered or attended within the 90 days that end with the day."""

    title: str
    dimensions: list[str] = ["network"]
    measures: list[str] = ["members", "active", "active_of_members"]
    network: NetworkView
    first: date
    """The first of the 90 days."""
    day: date
    as_of: AsOf
    explanation: str
    exact: bool
    """Exact figures count what happens at events of the reader's own networks; published ones all events."""
    rows: list[ActivityRow]
    total: ActivityRow
    suppressed: bool

    @classmethod
    def exactly(cls, network: Network, counts: Sequence[ActivityCount], day: date, as_of: AsOf) -> Self:
        above = parents(counts)
        own = next(one for one in counts if one.network_id == network.network_id)
        rows = [
            ActivityRow.of(NetworkView.of(one), one.members, one.active)
            for one in counts
            if above.get(one.network_id) == own.network_id
        ]
        if rows:
            rows.append(ActivityRow.of(NetworkView.of(own), own.directly, own.active_directly, directly=True))
        total = ActivityRow.of(NetworkView.of(own), own.members, own.active)
        return cls._of(network, day, as_of, rows, total, exact=True)

    @classmethod
    def published(cls, network: Network, figures: Sequence[PublishedActivityRow]) -> Self:
        """figures: the network's own first."""
        own, *below = figures
        rows = [ActivityRow.of(NetworkView.of(one), one.members, one.active) for one in below]
        if rows:
            rows.append(ActivityRow.of(NetworkView.of(own), own.directly, own.active_directly, directly=True))
        total = ActivityRow.of(NetworkView.of(own), own.members, own.active)
        return cls._of(network, own.day, AsOf.THEN, rows, total, exact=False)

    @classmethod
    def _of(
        cls, network: Network, day: date, as_of: AsOf, rows: list[ActivityRow], total: ActivityRow, *, exact: bool
    ) -> Self:
        return cls(
            title=f"Active members of {network.name} on {in_words(day)}",
            network=NetworkView.of(network),
            first=date.fromordinal(day.toordinal() - ACTIVE_DAYS + 1),
            day=day,
            as_of=as_of,
            explanation=explained(as_of),
            exact=exact,
            rows=rows,
            total=total,
            suppressed=any(row.suppressed for row in [*rows, total]),
        )
