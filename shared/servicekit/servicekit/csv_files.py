"""Tables as CSV files for spreadsheets: every cell quoted, none taken for a formula, accents read rightly."""

import csv
import io
import unicodedata
from collections.abc import Iterable

BEGINS_A_FORMULA = frozenset("=+-@\t\r")
PASSED_OVER = " \u3000\n"
"""What a spreadsheet skips before it looks for a formula."""
BYTE_ORDER_MARK = "\ufeff"
"""Without it, spreadsheets on most desks read names with accents wrongly."""


def as_csv(rows: Iterable[Iterable[str]]) -> bytes:
    """In UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows(map(harmless, row) for row in rows)
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def harmless(cell: str) -> str:
    """The cell so that no spreadsheet takes it for a formula, also where its first sign is written in full width."""
    first = unicodedata.normalize("NFKC", cell.lstrip(PASSED_OVER)[:1])
    return f"'{cell}" if first and first[0] in BEGINS_A_FORMULA else cell
