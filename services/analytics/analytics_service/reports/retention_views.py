"""Who stayed, as a client gets it: a row for each month of joining, a point for each number of months after."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Self

from pydantic import BaseModel

from analytics_service.counting.model import CohortCount, Network
from analytics_service.disclosure.model import percentage
from analytics_service.disclosure.retention import AFTER, JOINED
from analytics_service.reports.table import AsOf, explained
from analytics_service.reports.views import NetworkView

Published = Mapping[date, Mapping[int, int | None]]
"""By month of joining and months after."""


class RetentionPoint(BaseModel):
    after: int
    """Months after the month of joining; counted on the last day of that month."""
    still: int | None
    still_of_joined: float | None


class RetentionRow(BaseModel):
    month: date
    """The first day of the month in which they joined the network, or one below, for the first time."""
    joined: int | None
    points: list[RetentionPoint]
    """Only of days that lie behind."""
    suppressed: list[str]

    @classmethod
    def of(cls, month: date, joined: int | None, still: Mapping[int, int | None]) -> Self:
        hidden = [f"still_{after}" for after, people in still.items() if people is None]
        return cls(
            month=month,
            joined=joined,
            points=[
                RetentionPoint(after=after, still=still[after], still_of_joined=percentage(still[after], joined))
                for after in AFTER
                if after in still
            ],
            suppressed=[*(["joined"] if joined is None else []), *hidden],
        )


class RetentionReport(BaseModel):
    """Of those who joined in a month, how many still belonged so many months after."""

    title: str
    dimensions: list[str] = ["month", "after"]
    measures: list[str] = ["joined", "still", "still_of_joined"]
    network: NetworkView
    as_of: AsOf
    explanation: str
    exact: bool
    rows: list[RetentionRow]
    suppressed: bool

    @classmethod
    def exactly(cls, network: Network, cohorts: Sequence[CohortCount], as_of: AsOf) -> Self:
        rows = [RetentionRow.of(one.month, one.joined, one.still) for one in cohorts]
        return cls._of(network, rows, as_of, exact=True)

    @classmethod
    def published(cls, network: Network, figures: Published) -> Self:
        rows = [
            RetentionRow.of(
                month, points.get(JOINED), {after: people for after, people in points.items() if after != JOINED}
            )
            for month, points in sorted(figures.items())
        ]
        return cls._of(network, rows, AsOf.THEN, exact=False)

    @classmethod
    def _of(cls, network: Network, rows: list[RetentionRow], as_of: AsOf, *, exact: bool) -> Self:
        return cls(
            title=f"Who stayed in {network.name}, by month of joining",
            network=NetworkView.of(network),
            as_of=as_of,
            explanation=explained(as_of),
            exact=exact,
            rows=rows,
            suppressed=any(row.suppressed for row in rows),
        )
