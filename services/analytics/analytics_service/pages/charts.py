"""Charts as SVG without script; every value stands in words too, so that colour alone says nothing. Pure."""

from collections.abc import Sequence
from datetime import date

from analytics_service.pages.colours import BLUE, DARK_BLUE, GREY, PALE, TEXT, WHITE, shade, text_on
from analytics_service.pages.markup import Markup, inside, tag
from analytics_service.reports.table import ChartKind, Row, Table, Value

WIDTH, LEFT, RIGHT = 760, 240, 110
"""Of the drawing, and what is kept for labels on its left and figures on its right."""
MOST_BARS = 40
LONGEST_LABEL = 28
"""In characters: as much as there is room for on the left, whatever the typeface."""
STRIPES = "url(#stripes)"


def draw(table: Table) -> Markup | None:
    """The chart of a table; None where nothing can be drawn of it. The table is its text (`aria-describedby`)."""
    body = DRAWN[table.chart.kind](table)
    if body is None:
        return None
    height, shapes = body
    return tag(
        "svg",
        tag("title", f"{table.chart.caption}: {table.title}", id="chart-title"),
        tag("desc", "The table below holds every figure of this chart.", id="chart-text"),
        _patterns(),
        *shapes,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_labelledby="chart-title",
        aria_describedby="chart-text report-table",
        class_="chart",
    )


def _patterns() -> Markup:
    stripes = tag(
        "pattern",
        tag("rect", width=8, height=8, fill=WHITE),
        tag("path", d="M0 8L8 0", stroke=GREY, stroke_width=2),
        id="stripes",
        width=8,
        height=8,
        patternUnits="userSpaceOnUse",
    )
    return tag("defs", stripes)


Drawing = tuple[float, list[Markup]]
"""The height, and what is drawn."""


def _bars(table: Table) -> Drawing | None:
    """A bar for each row and measure, one below the other; the second measure is striped."""
    rows, measures = table.parts[:MOST_BARS] or list(table.rows), table.chart.measures
    most = max((number for row in rows for name in measures if (number := _number(table.value(row, name)))), default=0)
    if not rows:
        return None
    step, y = 18 * len(measures) + 10, 34.0
    shapes = _legend([table.columns[table.position(name)].title for name in measures])
    for row in rows:
        middle = y + 9 * len(measures) + 3
        shapes.append(_text(LEFT - 10, middle, _short(table.value(row, table.chart.label)), anchor="end"))
        for number, name in enumerate(measures):
            shapes += _bar(y + 18 * number, table.value(row, name), most, _said(table, row, name), striped=number > 0)
        y += step
    if len(table.parts) > MOST_BARS:
        shapes.append(_text(LEFT, y + 12, f"The first {MOST_BARS} of {len(table.parts)}: the table has them all."))
        y += 20
    return y + 6, shapes


def _bar(y: float, value: Value, most: float, said: str, *, striped: bool) -> list[Markup]:
    number = _number(value)
    width = (WIDTH - LEFT - RIGHT) * number / most if number and most else 0
    bar = tag(
        "rect",
        x=LEFT,
        y=round(y, 1),
        width=round(width, 1),
        height=14,
        fill=STRIPES if striped else BLUE,
        stroke=GREY if striped else BLUE,
    )
    return [*([bar] if number else []), _text(LEFT + width + 6, y + 12, said)]


def _legend(titles: Sequence[str]) -> list[Markup]:
    shapes: list[Markup] = []
    for number, title in enumerate(titles):
        x = LEFT + 190 * number
        shapes.append(
            tag(
                "rect", x=x, y=6, width=14, height=14, fill=STRIPES if number else BLUE, stroke=GREY if number else BLUE
            )
        )
        shapes.append(_text(x + 20, 18, title))
    return shapes


def _lines(table: Table) -> Drawing | None:
    """One line over days, from 0 to 100 per cent, with its first and last value beside it."""
    name = table.chart.measures[0]
    points = [
        (day.toordinal(), number)
        for row in table.rows
        if isinstance(day := table.value(row, table.chart.label), date)
        and (number := _number(table.value(row, name))) is not None
    ]
    if not points:
        return None
    left, top, bottom, right = 60, 20, 260, WIDTH - 80
    first, last = points[0][0], max(points[-1][0], points[0][0] + 1)

    def at(day: int, share: float) -> tuple[float, float]:
        return (
            round(left + (right - left) * (day - first) / (last - first), 1),
            round(bottom - (bottom - top) * share / 100, 1),
        )

    shapes = [shape for share in (0, 25, 50, 75, 100) for shape in _grid_line(left, right, at(first, share)[1], share)]
    places = [at(*point) for point in points]
    shapes.append(
        tag("polyline", points=" ".join(f"{x},{y}" for x, y in places), fill="none", stroke=BLUE, stroke_width=3)
    )
    shapes += [tag("circle", cx=x, cy=y, r=3 if len(places) < 60 else 1.5, fill=DARK_BLUE) for x, y in places]
    shapes.append(_text(places[-1][0] + 8, places[-1][1] + 4, f"{points[-1][1]:g}%"))
    shapes.append(_text(left, bottom + 22, _day(points[0][0])))
    if len(points) > 1:
        shapes.append(_text(right, bottom + 22, _day(points[-1][0]), anchor="end"))
    return 296, shapes


def _grid_line(left: float, right: float, y: float, share: int) -> list[Markup]:
    return [
        tag("line", x1=left, x2=right, y1=y, y2=y, stroke=PALE),
        _text(left - 8, y + 4, f"{share}%", anchor="end"),
    ]


def _funnel(table: Table) -> Drawing | None:
    """A step for each measure of the total, or of all parts added up where there is no total."""
    total = next((row for row in table.rows if row.is_total), None)
    row = total or (table.rows[0] if len(table.rows) == 1 else None)
    if row is None:
        return None
    most = max((_number(table.value(row, name)) or 0 for name in table.chart.measures), default=0)
    y, shapes = 10.0, list[Markup]()
    for name in table.chart.measures:
        number = _number(table.value(row, name))
        width = (WIDTH - LEFT - RIGHT) * number / most if number and most else 0
        middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
        shapes.append(_text(LEFT - 10, y + 22, table.columns[table.position(name)].title, anchor="end"))
        if width:
            x = round(middle - width / 2, 1)
            shapes.append(tag("rect", x=x, y=y, width=round(width, 1), height=32, fill=BLUE))
        shapes.append(_text(WIDTH - RIGHT + 8, y + 22, _said(table, row, name)))
        y += 40
    return y, shapes


def _heat_map(table: Table) -> Drawing | None:
    """A field for each month and age, darker where more stayed, with its share written in it."""
    measures = table.chart.measures
    if not table.rows or not measures:
        return None
    wide = (WIDTH - 150) / len(measures)
    shapes = [_text(150 + wide * (n + 0.5), 16, _age(name), anchor="middle") for n, name in enumerate(measures)]
    y = 24.0
    for row in table.rows:
        shapes.append(_text(140, y + 17, _short(table.value(row, table.chart.label)), anchor="end"))
        for number, name in enumerate(measures):
            shapes += _field(150 + wide * number, y, wide, _number(table.value(row, name)), row.instead.get(name))
        y += 26
    return y + 4, shapes


def _field(x: float, y: float, wide: float, share: float | None, instead: str | None) -> list[Markup]:
    if share is None and instead in {"not yet", "nobody joined", None}:
        return []
    fill = shade(share) if share is not None else WHITE
    box = tag("rect", x=round(x, 1), y=y, width=round(wide - 2, 1), height=24, fill=fill, stroke=GREY)
    said = f"{share:.0f}%" if share is not None else "few"
    return [box, _text(x + wide / 2 - 1, y + 17, said, anchor="middle", fill=text_on(fill))]


def _age(name: str) -> str:
    months = int(name.rpartition("_")[2])
    return f"{months // 12} y" if months % 12 == 0 else f"{months} m"


def _said(table: Table, row: Row, name: str) -> str:
    number = _number(table.value(row, name))
    return f"{number:,g}" if number is not None else row.instead.get(name, "no figure")


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _short(value: Value) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def _day(ordinal: int) -> str:
    day = date.fromordinal(ordinal)
    return f"{day.day} {day:%b %Y}"


def _text(x: float, y: float, said: str, *, anchor: str | None = None, fill: str = TEXT) -> Markup:
    return tag(
        "text",
        inside(said),
        x=round(x, 1),
        y=round(y, 1),
        fill=fill,
        text_anchor=anchor,
        font_size=14,
        font_family="Arial, sans-serif",
    )


DRAWN = {
    ChartKind.BARS: _bars,
    ChartKind.LINES: _lines,
    ChartKind.FUNNEL: _funnel,
    ChartKind.HEAT_MAP: _heat_map,
}
