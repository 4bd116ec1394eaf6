"""Reports at hand: that there is one, for whom and how to open it; no figure and no text."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from servicekit.contract import Fact, PersonId, Pseudonym, Signal


class ReportReady(Signal):
    """A report that a lead asked for regularly can be opened; sent once for each period."""

    type: ClassVar[str] = "guildhall.analytics.report-ready.v1"

    report_id: Fact[UUID]
    schedule_id: Fact[UUID]
    person_id: PersonId
    network_id: Fact[UUID]
    report: Fact[str]
    """The kind of report: members, active-members, retention, coverage, funnel or peers; an open list."""
    first: Fact[date]
    """The period's first day."""
    last: Fact[date]
    link: Pseudonym[str]
    """Opens the report at /api/v1/cells/{cell}/reports/shown/{link}, published figures only, until it expires."""
    expires_at: Fact[datetime]

    @property
    def key(self) -> str:
        return str(self.schedule_id)

    @property
    def subject(self) -> str:
        return str(self.report_id)
