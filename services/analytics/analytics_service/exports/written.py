"""A table as JSON and back, for the job that writes the file; types are those of its columns. Pure."""

from datetime import date
from typing import Any

import orjson

from analytics_service.reports.table import Chart, ChartKind, Column, Kind, Row, Table, Value


def written(table: Table) -> bytes:
    return orjson.dumps(table)


def read(content: bytes) -> Table:
    found = orjson.loads(content)
    columns = tuple(Column(one["name"], one["title"], Kind(one["kind"]), one["meaning"]) for one in found["columns"])
    chart = found["chart"]
    return Table(
        title=found["title"],
        as_of=found["as_of"],
        note=found["note"],
        columns=columns,
        rows=tuple(_row(one, columns) for one in found["rows"]),
        chart=Chart(
            kind=ChartKind(chart["kind"]), label=chart["label"], measures=chart["measures"], caption=chart["caption"]
        ),
    )


def _row(found: dict[str, Any], columns: tuple[Column, ...]) -> Row:
    values = tuple(_value(value, column) for value, column in zip(found["values"], columns, strict=True))
    return Row(values, found["instead"], found["is_total"])


def _value(value: Any, column: Column) -> Value:
    if value is None:
        return None
    match column.kind:
        case Kind.DAY:
            return date.fromisoformat(value)
        case Kind.COUNT:
            return int(value)
        case Kind.PERCENT:
            return float(value)
        case Kind.TEXT:
            return str(value)
