"""Pages stand alone, say everything in words, and can be read by everybody."""

from itertools import product
from xml.etree import ElementTree

import pytest
from analytics_samples import COLUMNS, a_row, a_table
from hypothesis import given
from hypothesis import strategies as st

from analytics_service.pages.charts import draw
from analytics_service.pages.colours import BLUE, DARK_BLUE, ENOUGH, GREY, PAPER, SHADES, TEXT, WHITE, contrast, text_on
from analytics_service.pages.markup import tag
from analytics_service.pages.page import page_of, sentence_page, shown_value
from analytics_service.pages.response import HEADERS
from analytics_service.reports.edge import wants_page
from analytics_service.reports.table import FEW, Chart, ChartKind, Column, Kind, Row, Table

SVG = "{http://www.w3.org/2000/svg}"


def drawn(table: Table) -> ElementTree.Element:
    """The chart, as a reader of XML understands it."""
    svg = draw(table)
    assert svg is not None
    return ElementTree.fromstring(svg)


def words(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("colour", [*SHADES, WHITE, PAPER])
def test_text_can_be_read_on_every_shade(colour: str) -> None:
    assert contrast(text_on(colour), colour) >= ENOUGH


@pytest.mark.parametrize(("text", "ground"), [*product((TEXT, BLUE, DARK_BLUE, GREY), (WHITE, PAPER)), (WHITE, BLUE)])
def test_text_and_lines_can_be_told_from_what_is_behind_them(text: str, ground: str) -> None:
    assert contrast(text, ground) >= ENOUGH


def test_contrast_is_measured_as_the_guidelines_have_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#777777", "#ffffff") < ENOUGH, "a grey that just fails"


@pytest.mark.parametrize("kind", [ChartKind.BARS, ChartKind.FUNNEL])
def test_a_chart_has_a_name_and_the_table_as_its_text(kind: ChartKind) -> None:
    svg = drawn(a_table(a_row(), a_row("All", 40, is_total=True), kind=kind))

    assert svg.attrib["role"] == "img"
    named = {element.attrib["id"] for element in svg.iter() if "id" in element.attrib}
    assert svg.attrib["aria-labelledby"] in named
    assert svg.attrib["aria-describedby"].split() == ["chart-text", "report-table"]
    assert 'id="report-table"' in page_of(a_table(a_row()))
    assert [element.tag for element in svg][:2] == [f"{SVG}title", f"{SVG}desc"]


def test_bars_say_every_figure_in_words_and_a_suppressed_one_has_none() -> None:
    svg = drawn(a_table(a_row("Rwp", 30), a_row("Rrk", None), a_row("Empty", 0)))

    assert words(svg) == ["Members", "Rwp", "30", "Rrk", FEW, "Empty", "0"]
    assert len(svg.findall(f"{SVG}rect")) == 2, "the legend's and one bar"


def test_a_second_measure_is_striped_rather_than_only_another_colour() -> None:
    svg = drawn(a_table(a_row("Rwp", 30, 50.0), measures=("members", "share")))

    fills = [rect.attrib["fill"] for rect in svg.findall(f"{SVG}rect")]
    assert fills == [BLUE, "url(#stripes)"] * 2


def test_many_bars_are_cut_and_the_chart_says_so() -> None:
    svg = drawn(a_table(*[a_row(f"T{number}") for number in range(60)]))

    assert words(svg)[-1] == "The first 40 of 60: the table has them all."


def test_a_line_tells_of_days_from_the_first_to_the_last() -> None:
    columns = (Column("day", "Day", Kind.DAY, ""), COLUMNS[3])
    days = [Row((a_row().values[1], 25.0)), Row((None, 50.0))]
    chart = Chart(kind=ChartKind.LINES, label="day", measures=["share"], caption="Coverage")
    table = Table(title="Coverage", as_of="", note="", columns=columns, rows=tuple(days), chart=chart)

    assert words(drawn(table))[-2:] == ["25%", "22 Nov 2026"]


def test_a_heat_map_writes_its_shares_and_leaves_out_what_is_yet_to_come() -> None:
    columns = (COLUMNS[0], *(Column(f"share_{age}", "", Kind.PERCENT, "") for age in (1, 12)))
    rows = [Row(("May", 80.0, None), {"share_12": "not yet"}), Row(("June", None, None), {"share_1": FEW})]
    chart = Chart(kind=ChartKind.HEAT_MAP, label="network", measures=["share_1", "share_12"], caption="Who stayed")
    table = Table(title="Who stayed", as_of="", note="", columns=columns, rows=tuple(rows), chart=chart)

    assert words(drawn(table)) == ["1 m", "1 y", "May", "80%", "June", "few"]


@pytest.mark.parametrize("kind", ChartKind)
def test_of_nothing_no_chart_is_drawn_and_the_page_is_whole(kind: ChartKind) -> None:
    measures = ("share_1",) if kind is ChartKind.HEAT_MAP else ("members",)

    assert draw(a_table(kind=kind, measures=measures)) is None
    assert "<table" in page_of(a_table(kind=kind, measures=measures))


@given(st.text(max_size=30))
def test_no_name_becomes_markup(name: str) -> None:
    page = page_of(a_table(a_row(f"<script>{name}"), a_row("All", is_total=True)))

    assert "<script" not in page.lower()
    assert tag("p", name, title=name).count("<") == 2


def test_a_page_says_when_what_and_how_it_is_meant() -> None:
    page = page_of(a_table(a_row("Rrk", None), a_row("All", 1200, is_total=True)), hint="Sign in for more.")

    for said in (
        "As of 22 November 2026.",
        "after disclosure control",
        FEW,
        "1,200",
        "What the columns mean",
        "People",
    ):
        assert said in page
    assert '<html lang="en-GB">' in page
    assert 'href="#maincontent"' in page
    assert "Sign in for more." in page
    assert "Frutiger" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", ""), "nothing is fetched from elsewhere"


def test_a_page_allows_no_script_and_no_frame() -> None:
    policy = HEADERS["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert HEADERS["referrer-policy"] == "no-referrer", "the address of a page may be its key"
    assert "<h1" in sentence_page("Nothing", "There is nothing.")


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/json, text/html", False),
        ("text/html", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
    ],
)
def test_whoever_asks_for_html_gets_a_page(accept: str, page: bool) -> None:
    assert wants_page(accept) is page


def test_values_are_written_as_they_are_read() -> None:
    assert [shown_value(value) for value in (1234, 12.5, a_row().values[1], "Rwp", None)] == [
        "1,234",
        "12.5",
        "22 November 2026",
        "Rwp",
        "",
    ]
