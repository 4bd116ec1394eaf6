"""Files hold the same numbers whatever their form, and no cell of them is a formula."""

import csv
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from analytics_samples import COLUMNS, a_row, a_table, rows
from hypothesis import given
from hypothesis import strategies as st

from analytics_service.exports import written
from analytics_service.exports.files import as_csv, as_parquet
from analytics_service.reports.table import PUBLISHED_NOTE, Kind, Row, Table


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def typed(cells: list[str]) -> list[Any]:
    """What a reader makes of the cells of one row."""
    by_kind = {Kind.COUNT: int, Kind.PERCENT: float, Kind.TEXT: str, Kind.DAY: str}
    return [
        (None if cell == "" and column.kind is not Kind.TEXT else by_kind[column.kind](cell))
        for cell, column in zip(cells, COLUMNS, strict=False)
    ]


@given(st.lists(rows(), max_size=8))
def test_csv_and_parquet_hold_the_same_numbers(found: list[Row]) -> None:
    table = a_table(*found)

    from_csv = [typed(cells)[1:] for cells in read_csv(as_csv(table))[2:]]
    stored = parquet.read_table(io.BytesIO(as_parquet(table)))
    from_parquet = [[str(one["day"]), one["members"], one["share"]] for one in stored.to_pylist()]

    assert from_csv == from_parquet
    assert [values[1:] for values in from_parquet] == [list(row.values[2:]) for row in found]


@given(st.lists(rows(), max_size=8))
def test_a_table_that_was_written_down_is_read_back_the_same(found: list[Row]) -> None:
    table = a_table(*found)

    assert written.read(written.written(table)) == Table(
        title=table.title,
        as_of=table.as_of,
        note=table.note,
        columns=table.columns,
        rows=table.rows,
        chart=written.read(written.written(table)).chart,
    )


@pytest.mark.parametrize("cell", ["=1+1", "＝1+1", " +1"])
def test_a_cell_that_begins_a_formula_is_disarmed(cell: str) -> None:
    assert read_csv(as_csv(a_table(a_row(cell))))[2][0] == f"'{cell}"


def test_every_cell_is_quoted_and_the_file_says_that_it_is_utf_8() -> None:
    content = as_csv(a_table(a_row('Zoë\'s, "trust"')))

    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[2] == '"Zoë\'s, ""trust""","2026-11-22","30","12.5",""'


def test_names_come_first_then_what_they_mean_with_the_note_on_disclosure() -> None:
    names, meanings, *_ = read_csv(as_csv(a_table(a_row())))

    assert names == ["network", "day", "members", "share", "suppressed"]
    assert meanings[:4] == ["The network", "The day", "People", "'=Of all"]
    assert PUBLISHED_NOTE in meanings[4]


def test_a_suppressed_figure_is_empty_and_named() -> None:
    table = a_table(a_row(members=None, share=None), a_row(members=None, is_total=True))

    assert [cells[2:] for cells in read_csv(as_csv(table))[2:]] == [["", "", "members"], ["", "12.5", "members"]]
    assert parquet.read_table(io.BytesIO(as_parquet(table)))["suppressed"].to_pylist() == ["members", "members"]


def test_parquet_knows_its_types_and_says_what_it_is() -> None:
    schema = parquet.read_schema(io.BytesIO(as_parquet(a_table(a_row()))))

    assert schema.types == [pa.string(), pa.date32(), pa.int64(), pa.float64(), pa.string()]
    assert schema.metadata[b"note"].decode() == PUBLISHED_NOTE
    assert schema.metadata[b"title"] == b"Members of Midlands"
    assert schema.field("members").metadata[b"meaning"] == b"People"
