"""The page of one report: title, as of when, chart, table, what the columns mean."""

from datetime import date

from analytics_service.pages.charts import draw
from analytics_service.pages.markup import Markup, inside, tag
from analytics_service.pages.style import STYLE
from analytics_service.reports.table import Column, Kind, Row, Table, Value

SERVICE = "Guildhall reports"


def page_of(table: Table, *, hint: str | None = None) -> str:
    """The whole document. hint: a sentence for whoever reads it here, such as where more can be seen."""
    chart = draw(table)
    return document(
        table.title,
        tag("h1", table.title, class_="nhsuk-heading-l"),
        tag("p", table.as_of),
        tag("div", tag("p", table.note), tag("p", hint) if hint else None, class_="nhsuk-inset-text"),
        tag("figure", _scrolling(chart), tag("figcaption", table.chart.caption), class_="figure") if chart else None,
        _table(table),
        tag("h2", "What the columns mean", class_="nhsuk-heading-m"),
        tag("dl", *[_meaning(column) for column in table.columns], class_="nhsuk-summary-list"),
    )


def sentence_page(title: str, sentence: str) -> str:
    """A page that says one thing, where there is no report to show."""
    return document(title, tag("h1", title, class_="nhsuk-heading-l"), tag("p", sentence))


def document(title: str, *body: Markup | None) -> str:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="robots", content="noindex, nofollow"),
        tag("title", f"{title} – {SERVICE}"),
        tag("style", Markup(STYLE)),
    )
    header = tag(
        "header",
        tag("div", tag("span", SERVICE, class_="nhsuk-header__service-name"), class_="nhsuk-width-container"),
        class_="nhsuk-header",
    )
    main = tag("main", *body, id="maincontent", class_="nhsuk-main-wrapper")
    footer = tag(
        "footer",
        tag(
            "div",
            "Figures of a professional network, counted from what its members did.",
            class_="nhsuk-width-container",
        ),
        class_="nhsuk-footer",
    )
    skip = tag("a", "Skip to main content", href="#maincontent", class_="nhsuk-skip-link")
    return "<!DOCTYPE html>\n" + tag(
        "html",
        head,
        tag("body", skip, header, tag("div", main, class_="nhsuk-width-container"), footer),
        lang="en-GB",
    )


def _scrolling(chart: Markup) -> Markup:
    """On a narrow screen it keeps a size at which it can be read, and scrolls by itself."""
    return tag(
        "div", chart, role="region", aria_label="The figures as a chart", tabindex=0, class_="guildhall-chart-container"
    )


def _table(table: Table) -> Markup:
    heads = [tag("th", column.title, scope="col", class_=_class("header", column)) for column in table.columns]
    return tag(
        "div",
        tag(
            "table",
            tag("caption", table.title, class_="nhsuk-table__caption"),
            tag("thead", tag("tr", *heads)),
            tag("tbody", *[_row(table, row) for row in table.rows]),
            id="report-table",
            class_="nhsuk-table",
        ),
        role="region",
        aria_label="The figures as a table",
        tabindex=0,
        class_="nhsuk-table-container",
    )


def _row(table: Table, row: Row) -> Markup:
    first, *others = zip(table.columns, row.values, strict=True)
    cells = [tag("th", shown_value(first[1]), scope="row", class_="nhsuk-table__header")]
    cells += [
        tag(
            "td",
            shown_value(value) if value is not None else tag("span", _instead(row, column), class_="suppressed"),
            class_=_class("cell", column),
        )
        for column, value in others
    ]
    return tag("tr", *cells, class_="nhsuk-table__row--total" if row.is_total else None)


def _instead(row: Row, column: Column) -> str:
    return row.instead.get(column.name, "no figure")


def shown_value(value: Value) -> str:
    match value:
        case bool() | None:
            return ""
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.1f}"
        case date():
            return f"{value.day} {value:%B %Y}"
        case _:
            return str(value)


def _meaning(column: Column) -> Markup:
    return inside(tag("dt", column.title), tag("dd", column.meaning))


def _class(part: str, column: Column) -> str:
    numeric = f" nhsuk-table__{part}--numeric" if column.kind in {Kind.COUNT, Kind.PERCENT} else ""
    return f"nhsuk-table__{part}{numeric}"
