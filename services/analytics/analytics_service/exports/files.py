"""A table as CSV or Parquet: the same numbers in both, a suppressed figure empty and named in the last column.

Only `work` writes files: what writes Parquet takes memory that a process which answers requests can do without.
"""

import io

import pyarrow as pa
import pyarrow.parquet as parquet

from analytics_service.exports.model import FileFormat
from analytics_service.reports.table import FEW, WITHHELD, Kind, Row, Table, Value
from servicekit import csv_files

SUPPRESSED = "suppressed"
SUPPRESSED_MEANING = "Columns of this row whose figure is not shown. "

TYPES = {Kind.TEXT: pa.string(), Kind.COUNT: pa.int64(), Kind.PERCENT: pa.float64(), Kind.DAY: pa.date32()}


def content_of(table: Table, file_format: FileFormat) -> bytes:
    return as_csv(table) if file_format is FileFormat.CSV else as_parquet(table)


def as_csv(table: Table) -> bytes:
    """Names, then definitions with the note on disclosure, then the rows."""
    names = [*(column.name for column in table.columns), SUPPRESSED]
    about = f"{SUPPRESSED_MEANING}{table.note} {table.title}. {table.as_of}"
    meanings = [*(column.meaning for column in table.columns), about]
    rows = ([*map(_plain, row.values), suppressed_in(row)] for row in table.rows)
    return csv_files.as_csv([names, meanings, *rows])


def as_parquet(table: Table) -> bytes:
    """Typed columns; title, days and the note on disclosure in the metadata, each meaning in its column's."""
    fields = [
        pa.field(column.name, TYPES[column.kind], metadata={"title": column.title, "meaning": column.meaning})
        for column in table.columns
    ]
    fields.append(pa.field(SUPPRESSED, pa.string(), metadata={"meaning": SUPPRESSED_MEANING.strip()}))
    columns = [
        pa.array([row.values[number] for row in table.rows], type=TYPES[column.kind])
        for number, column in enumerate(table.columns)
    ]
    columns.append(pa.array([suppressed_in(row) for row in table.rows], type=pa.string()))
    schema = pa.schema(fields, metadata={"title": table.title, "as_of": table.as_of, "note": table.note})
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays(columns, schema=schema), out, compression="snappy")
    return out.getvalue()


def suppressed_in(row: Row) -> str:
    """Names of the columns whose figure was left out for somebody's sake."""
    return " ".join(name for name, word in row.instead.items() if word in {FEW, WITHHELD})


def _plain(value: Value) -> str:
    return "" if value is None else str(value)
