"""Reports as a client gets them: a table with its dimensions, its rows and what is missing from it."""

from collections.abc import Sequence
from datetime import date
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from analytics_service.counting.model import (
    ActivityCount,
    Coverage,
    CoverageOn,
    Network,
    NetworkCount,
    coverage,
    parents,
)
from analytics_service.disclosure.model import percentage
from analytics_service.reports.store import PublishedActivityRow, PublishedCoverage, PublishedRow
from analytics_service.reports.table import AsOf, explained


def in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


class NetworkView(BaseModel):
    id: UUID
    name: str
    kind: str

    @classmethod
    def of(cls, network: Network | NetworkCount | ActivityCount | PublishedRow | PublishedActivityRow) -> Self:
        return cls(id=network.network_id, name=network.name, kind=network.kind)


class MembersRow(BaseModel):
    network: NetworkView
    directly: bool
    """Whether only members of the network itself are meant, and not those of networks below."""
    members: int | None
    trusts: int | None
    trusts_with_members: int | None
    coverage: float | None
    """Percentage of open trusts that have at least one member."""
    suppressed: list[str]
    """Figures that are null because they would give away 1 to 7 people."""

    @classmethod
    def of(cls, network: NetworkView, members: int | None, trusts: Coverage | None, *, directly: bool = False) -> Self:
        return cls(
            network=network,
            directly=directly,
            members=members,
            trusts=trusts.trusts if trusts else None,
            trusts_with_members=trusts.with_members if trusts else None,
            coverage=percentage(trusts.with_members, trusts.trusts) if trusts else None,
            suppressed=["members"] if members is None else [],
        )


class MembersReport(BaseModel):
    """Members by the networks next below. People in several of them count in each, and once in the total."""

    title: str
    dimensions: list[str] = ["network"]
    measures: list[str] = ["members", "trusts", "trusts_with_members", "coverage"]
    network: NetworkView
    day: date
    as_of: AsOf
    explanation: str
    exact: bool
    rows: list[MembersRow]
    total: MembersRow
    suppressed: bool

    @classmethod
    def exactly(cls, network: Network, counts: Sequence[NetworkCount], day: date, as_of: AsOf = AsOf.THEN) -> Self:
        above = parents(counts)
        own, *others = sorted(counts, key=lambda one: one.network_id != network.network_id)
        shown = [one for one in others if above.get(one.network_id) == own.network_id]
        rows = [MembersRow.of(NetworkView.of(one), one.members, coverage(counts, one.path)) for one in shown]
        total = MembersRow.of(NetworkView.of(own), own.members, coverage(counts, own.path))
        return cls._of(network, day, rows, total, own.directly, as_of=as_of, exact=True)

    @classmethod
    def published(cls, network: Network, figures: Sequence[PublishedRow]) -> Self:
        total, *rows = [
            MembersRow.of(NetworkView.of(one), one.members, Coverage(one.trusts, one.trusts_with_members))
            for one in figures
        ]
        return cls._of(network, figures[0].day, rows, total, figures[0].directly, as_of=AsOf.THEN, exact=False)

    @classmethod
    def _of(
        cls,
        network: Network,
        day: date,
        rows: list[MembersRow],
        total: MembersRow,
        directly: int | None,
        *,
        as_of: AsOf,
        exact: bool,
    ) -> Self:
        if rows:
            rows = [*rows, MembersRow.of(total.network, directly, None, directly=True)]
        return cls(
            title=f"Members of {network.name} on {in_words(day)}",
            network=NetworkView.of(network),
            day=day,
            as_of=as_of,
            explanation=explained(as_of),
            exact=exact,
            rows=rows,
            total=total,
            suppressed=any(row.suppressed for row in [*rows, total]),
        )


class CoverageRow(BaseModel):
    day: date
    trusts: int
    trusts_with_members: int
    coverage: float | None


class CoverageReport(BaseModel):
    """Trusts with at least one member, over time."""

    title: str
    dimensions: list[str] = ["day"]
    measures: list[str] = ["trusts", "trusts_with_members", "coverage"]
    network: NetworkView
    as_of: AsOf
    explanation: str
    exact: bool
    rows: list[CoverageRow]
    suppressed: bool = False

    @classmethod
    def of(
        cls,
        network: Network,
        first: date,
        last: date,
        found: Sequence[CoverageOn | PublishedCoverage],
        *,
        as_of: AsOf = AsOf.THEN,
        exact: bool,
    ) -> Self:
        return cls(
            title=f"Trusts with members in {network.name}, {in_words(first)} to {in_words(last)}",
            network=NetworkView.of(network),
            as_of=as_of,
            explanation=explained(as_of),
            exact=exact,
            rows=[_coverage_row(one) for one in found],
        )


def _coverage_row(one: CoverageOn | PublishedCoverage) -> CoverageRow:
    if isinstance(one, CoverageOn):
        trusts, with_members = one.coverage.trusts, one.coverage.with_members
    else:
        trusts, with_members = one.trusts, one.trusts_with_members
    return CoverageRow(
        day=one.day, trusts=trusts, trusts_with_members=with_members, coverage=percentage(with_members, trusts)
    )
