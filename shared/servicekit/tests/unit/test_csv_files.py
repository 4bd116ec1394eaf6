"""No spreadsheet takes a cell for a formula; every other cell is read back as it was."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.csv_files import as_csv, harmless

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+44", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", " =1", "\n=1", "\u3000＝1", " \n +1"],
)
def test_a_cell_that_begins_a_formula_is_disarmed(cell: str) -> None:
    assert read(as_csv([["Okafor", cell]])) == [["Okafor", f"'{cell}"]]


@pytest.mark.parametrize("cell", ["", " ", "Okafor", "O'Brien", "Khan-Reyes", "Łukasz", "1-2", "ﬁn", "'=1"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=4))
def test_every_cell_is_read_back_whole_and_none_begins_a_formula(rows: list[list[str]]) -> None:
    found = read(as_csv(rows))

    assert [[cell.removeprefix("'") for cell in row] for row in found] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    assert not any(cell.lstrip(" \u3000\n").startswith(tuple("=+-@\t\r＝＋－＠")) for row in found for cell in row)


def test_every_cell_is_quoted_and_the_file_says_that_it_is_utf_8() -> None:
    assert as_csv([["Zoë", 'the "trust"'], ["", "1"]]) == '\ufeff"Zoë","the ""trust"""\r\n"","1"\r\n'.encode()
