"""Tables as pages and files are given them."""

from datetime import date, timedelta

from hypothesis import strategies as st

from analytics_service.reports.table import FEW, PUBLISHED_NOTE, WITHHELD, Chart, ChartKind, Column, Kind, Row, Table

COLUMNS = (
    Column("network", "Network", Kind.TEXT, "The network"),
    Column("day", "Day", Kind.DAY, "The day"),
    Column("members", "Members", Kind.COUNT, "People"),
    Column("share", "Share, %", Kind.PERCENT, "=Of all"),
)


def a_table(*rows: Row, kind: ChartKind = ChartKind.BARS, measures: tuple[str, ...] = ("members",)) -> Table:
    return Table(
        title="Members of Midlands",
        as_of="As of 22 November 2026.",
        note=PUBLISHED_NOTE,
        columns=COLUMNS,
        rows=rows,
        chart=Chart(kind=kind, label="network", measures=measures, caption="Members by network"),
    )


def a_row(name: str = "Rwp", members: int | None = 30, share: float | None = 12.5, *, is_total: bool = False) -> Row:
    instead = {"members": WITHHELD if is_total else FEW} if members is None else {}
    return Row((name, date(2026, 11, 22), members, share), instead, is_total)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
    return a_row(
        draw(text),
        draw(st.none() | st.integers(0, 10**9)),
        draw(st.none() | st.floats(0, 100).map(lambda share: round(share, 1))),
    )


def a_month(number: int) -> date:
    return date(2026, 1, 1) + timedelta(days=31 * number)
