"""Each report as a plain table, with what its columns mean and what is drawn of it."""

from collections.abc import Mapping, Sequence
from functools import singledispatch

from analytics_service.disclosure.funnels import MEASURES
from analytics_service.disclosure.retention import AFTER
from analytics_service.reports.activity_views import ActivityReport, ActivityRow
from analytics_service.reports.funnel_views import FunnelReport, FunnelRow
from analytics_service.reports.peers_views import PeersReport
from analytics_service.reports.period_views import PeriodReport
from analytics_service.reports.produce import Report
from analytics_service.reports.retention_views import RetentionReport, RetentionRow
from analytics_service.reports.table import (
    EXACT_NOTE,
    FEW,
    MIXED_NOTE,
    PUBLISHED_NOTE,
    WITHHELD,
    Chart,
    ChartKind,
    Column,
    Kind,
    Row,
    Table,
)
from analytics_service.reports.views import CoverageReport, MembersReport, MembersRow, in_words

NETWORK = Column("network", "Network", Kind.TEXT, "The network that the row is about")
MEMBERS = Column("members", "Members", Kind.COUNT, "People who belonged to the network or one below it")
ACTIVE = Column("active", "Active members", Kind.COUNT, "Joined, registered or attended within the last 90 days")
ACTIVE_SHARE = Column("active_of_members", "Active, %", Kind.PERCENT, "Active members of all members")
TRUSTS = Column("trusts", "Open trusts", Kind.COUNT, "Trusts of the network that were open that day")
WITH_MEMBERS = Column("trusts_with_members", "Trusts with members", Kind.COUNT, "Open trusts with at least one member")
COVERAGE = Column("coverage", "Coverage, %", Kind.PERCENT, "Open trusts with at least one member, of all open trusts")
FUNNEL = (
    Column("eligible", "May come", Kind.COUNT, "Members whom the event's rule admitted when it was published"),
    Column("told", "Told", Kind.COUNT, "Told by at least one channel that the event is there"),
    Column("registered", "Registered", Kind.COUNT, "Ever had a place or waited for one"),
    Column("waited", "Waited", Kind.COUNT, "Ever waited for a place"),
    Column("attended", "Attended", Kind.COUNT, "Were there"),
    Column("registered_of_eligible", "Registered, %", Kind.PERCENT, "Registered of those who may come"),
    Column("attended_of_registered", "Attended, %", Kind.PERCENT, "Attended of those who registered"),
)
GROUPS = {
    "network": Column("group", "Network", Kind.TEXT, "Where people were at home"),
    "sector": Column("group", "Sector", Kind.TEXT, "The sector that people worked in"),
    "job-role": Column("group", "Job role", Kind.TEXT, "The job role that people had"),
}


@singledispatch
def table_of(report: Report) -> Table:
    """Raises TypeError for what is no report."""
    raise TypeError(type(report).__name__)


@table_of.register
def _members(report: MembersReport) -> Table:
    columns = (NETWORK, MEMBERS, TRUSTS, WITH_MEMBERS, COVERAGE)
    names = [column.name for column in columns[1:]]
    rows = [
        Row((_label(row), *(getattr(row, name) for name in names)), _words(row.network.kind, row.suppressed))
        for row in report.rows
    ]
    total = report.total
    rows.append(_total(tuple(getattr(total, name) for name in names), _words("", total.suppressed)))
    return Table(
        title=report.title,
        as_of=f"As of {in_words(report.day)}. {report.explanation}",
        note=_note(report.exact),
        columns=columns,
        rows=tuple(rows),
        chart=Chart(kind=ChartKind.BARS, label="network", measures=["members"], caption="Members by network"),
    )


@table_of.register
def _coverage(report: CoverageReport) -> Table:
    day = Column("day", "Day", Kind.DAY, "The day that the row tells of")
    return Table(
        title=report.title,
        as_of=report.explanation,
        note=_note(report.exact),
        columns=(day, TRUSTS, WITH_MEMBERS, COVERAGE),
        rows=tuple(Row((row.day, row.trusts, row.trusts_with_members, row.coverage)) for row in report.rows),
        chart=Chart(
            kind=ChartKind.LINES, label="day", measures=["coverage"], caption="Share of open trusts with members"
        ),
    )


@table_of.register
def _activity(report: ActivityReport) -> Table:
    rows = [
        Row(
            (_label(row), row.members, row.active, row.active_of_members),
            _activity_words(row.network.kind, row.suppressed),
        )
        for row in report.rows
    ]
    total = report.total
    rows.append(_total((total.members, total.active, total.active_of_members), _activity_words("", total.suppressed)))
    counted = "events of your own networks" if report.exact else "all events"
    return Table(
        title=report.title,
        as_of=f"As of {in_words(report.day)}, from {in_words(report.first)} on, at {counted}. {report.explanation}",
        note=_note(report.exact),
        columns=(NETWORK, MEMBERS, ACTIVE, ACTIVE_SHARE),
        rows=tuple(rows),
        chart=Chart(
            kind=ChartKind.BARS, label="network", measures=["members", "active"], caption="Members, and the active"
        ),
    )


@table_of.register
def _retention(report: RetentionReport) -> Table:
    ages = [age for age in AFTER if any(point.after == age for row in report.rows for point in row.points)]
    joined = Column("joined", "Joined", Kind.COUNT, "People who first joined the network, or one below, in the month")
    columns = [Column("month", "Month of joining", Kind.TEXT, "The month in which they joined"), joined]
    for age in ages:
        after = "after 1 month" if age == 1 else f"after {age} months"
        columns.append(
            Column(f"still_{age}", f"Members {after}", Kind.COUNT, f"Of these, members on the last day {after}")
        )
        columns.append(Column(f"share_{age}", f"{after.capitalize()}, %", Kind.PERCENT, f"Still members {after}"))
    return Table(
        title=report.title,
        as_of=report.explanation,
        note=_note(report.exact),
        columns=tuple(columns),
        rows=tuple(_retention_row(row, ages) for row in report.rows),
        chart=Chart(
            kind=ChartKind.HEAT_MAP,
            label="month",
            measures=[f"share_{age}" for age in ages],
            caption="Share still members, by month of joining",
        ),
    )


def _retention_row(row: RetentionRow, ages: Sequence[int]) -> Row:
    points = {point.after: point for point in row.points}
    values: list[int | float | None] = []
    instead = dict.fromkeys(row.suppressed, FEW)
    for age in ages:
        point = points.get(age)
        values += [point.still, point.still_of_joined] if point else [None, None]
        if point is None:
            instead |= {f"still_{age}": "not yet", f"share_{age}": "not yet"}
        elif point.still is None:
            instead |= {f"still_{age}": FEW if row.joined else WITHHELD, f"share_{age}": WITHHELD}
        elif point.still_of_joined is None:
            instead[f"share_{age}"] = "nobody joined" if row.joined == 0 else WITHHELD
    return Row((f"{row.month:%B %Y}", row.joined, *values), instead)


@table_of.register
def _funnel(report: FunnelReport) -> Table:
    return Table(
        title=report.title,
        as_of=report.explanation,
        note=_mixed_note(report.exact, report.rows),
        columns=(GROUPS[report.dimensions[0]], *FUNNEL),
        rows=tuple(_funnel_rows(report.rows, report.total)),
        chart=Chart(kind=ChartKind.FUNNEL, label="group", measures=MEASURES, caption="From may-come to was-there"),
    )


@table_of.register
def _period(report: PeriodReport) -> Table:
    remark = Column("without", "Without", Kind.TEXT, "How many events' figures are suppressed, and left out of the sum")
    told = [*report.rows, *([report.total] if report.total else [])]
    rows = _funnel_rows(report.rows, report.total)
    columns: tuple[Column, ...] = (GROUPS[report.dimensions[0]], *FUNNEL)
    if any(row.events_withheld for row in told):
        columns = (*columns, remark)
        rows = [
            Row((*row.values, _left_out(one)), row.instead, row.is_total) for row, one in zip(rows, told, strict=True)
        ]
    events = "1 event" if report.events == 1 else f"{report.events} events"
    return Table(
        title=report.title,
        as_of=f"{events}; each person counts once for each event. {report.explanation}",
        note=_mixed_note(report.exact, report.rows),
        columns=columns,
        rows=tuple(rows),
        chart=Chart(kind=ChartKind.FUNNEL, label="group", measures=MEASURES, caption="From may-come to was-there"),
    )


@table_of.register
def _peers(report: PeersReport) -> Table:
    columns = (NETWORK, MEMBERS, ACTIVE, ACTIVE_SHARE, TRUSTS, WITH_MEMBERS, COVERAGE)
    rows = [
        Row(
            (
                row.network.name + (" (asked about)" if row.is_own else ""),
                *(getattr(row, column.name) for column in columns[1:]),
            ),
            _activity_words(row.network.kind, row.suppressed),
        )
        for row in report.rows
    ]
    return Table(
        title=report.title,
        as_of=f"As of {in_words(report.day)}. {report.explanation}",
        note=PUBLISHED_NOTE,
        columns=columns,
        rows=tuple(rows),
        chart=Chart(
            kind=ChartKind.BARS, label="network", measures=["members", "active"], caption="Members, and the active"
        ),
    )


def _funnel_rows(rows: Sequence[FunnelRow], total: FunnelRow | None) -> list[Row]:
    names = [column.name for column in FUNNEL]
    found = [Row((_group(row), *(getattr(row, name) for name in names)), _funnel_words(row, FEW)) for row in rows]
    if total is not None:
        values = ("All together", *(getattr(total, name) for name in names))
        found.append(Row(values, _funnel_words(total, WITHHELD), is_total=True))
    return found


def _funnel_words(row: FunnelRow, word: str) -> dict[str, str]:
    words = dict.fromkeys(row.suppressed, word)
    for share, part, whole in (
        ("registered_of_eligible", row.registered, row.eligible),
        ("attended_of_registered", row.attended, row.registered),
    ):
        if part is None or whole is None:
            words[share] = WITHHELD
        elif whole == 0:
            words[share] = "nobody"
    return words


def _left_out(row: FunnelRow) -> str:
    titles = {column.name: column.title.lower() for column in FUNNEL}
    return ", ".join(f"{titles[name]}: {count}" for name, count in row.events_withheld.items())


def _group(row: FunnelRow) -> str:
    match row.part:
        case "network":
            return row.network.name if row.network else ""
        case "elsewhere":
            return "Elsewhere"
        case _:
            return readable(row.code or "")


def readable(code: str) -> str:
    """A sector's or job role's code in words."""
    return code.replace("_", " ").replace("-", " ").capitalize() or "Not known"


def _label(row: MembersRow | ActivityRow) -> str:
    return f"{row.network.name} itself" if row.directly else row.network.name


def _total(values: tuple[int | float | None, ...], words: Mapping[str, str]) -> Row:
    return Row(("All together", *values), words, is_total=True)


def _words(kind: str, suppressed: Sequence[str]) -> dict[str, str]:
    """A trust's figure is suppressed for being small; one that has parts may be withheld for their sake."""
    return dict.fromkeys(suppressed, FEW if kind == "trust" else WITHHELD)


def _activity_words(kind: str, suppressed: Sequence[str]) -> dict[str, str]:
    """Where the members are not shown, nothing is said of the active among them."""
    words = _words(kind, suppressed)
    if "members" in suppressed:
        words["active"] = WITHHELD
    return words | ({"active_of_members": WITHHELD} if suppressed else {})


def _note(exact: bool) -> str:
    return EXACT_NOTE if exact else PUBLISHED_NOTE


def _mixed_note(exact: bool, rows: Sequence[FunnelRow]) -> str:
    if exact:
        return EXACT_NOTE
    return MIXED_NOTE if any(row.exact for row in rows) else PUBLISHED_NOTE
