"""What is said of a report that is ready: which it is, of what and when, and how long it opens; never a figure."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote
from uuid import UUID

from notifications_service.announcements.model import Words

EXPIRED = "expired"
"""Why somebody is not told of a report that opens no longer; and what its letter shows in place of the link."""

_TITLES = {
    "members": "Members",
    "coverage": "Trusts with members",
    "active-members": "Active members",
    "retention": "Who stayed",
    "funnel": "From may-come to was-there",
    "peers": "One network and its peers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as it is told of. link: opens it; it stands in letters and lists of its own person alone."""

    report_id: UUID
    person_id: UUID
    network_id: UUID
    report: str
    first: date
    last: date
    link: str
    expires_at: datetime

    @property
    def cause(self) -> str:
        """By its own id, so that no other signal tells of it again."""
        return f"report:{self.report_id}"

    def is_over(self, *, now: datetime) -> bool:
        return self.expires_at <= now


def title(report: str) -> str:
    """The kinds are an open list: one that is not known is called by its own name."""
    return _TITLES.get(report, report.replace("-", " ").capitalize())


def period(first: date, last: date) -> str:
    """Such as `1 to 31 December 2026`."""
    if first == last:
        return _day(last)
    if first.year != last.year:
        return f"{_day(first)} to {_day(last)}"
    return f"{first.day} to {_day(last)}" if first.month == last.month else f"{first.day} {first:%B} to {_day(last)}"


def words_for(report: str, network: str, *, first: date, last: date, expires_at: datetime) -> Words:
    """network: what it is called here."""
    days = period(first, last)
    return Words(
        f"{title(report)}, {network}, {days}",
        "",
        facts=(("Report", title(report)), ("Network", network), ("Days", days), ("Opens until", _day(expires_at))),
    )


def address(public_url: str, cell: str, link: str) -> str:
    """Where the report opens through the gateway."""
    return f"{public_url.rstrip('/')}/api/v1/cells/{cell}/reports/shown/{quote(link, safe='')}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
