"""A CSV file as rows: what cannot be read as one is refused whole, before anything is imported."""

import csv
import io
from collections.abc import Iterator

from membership_service.imports.model import FileRefused, is_broken, shown


def rows(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """Each row with its number as a spreadsheet counts, from 1; empty ones are left out. Raises FileRefused.

    Bytes that are no UTF-8 come as lone surrogates (`is_broken`), so that only their row is refused.
    """
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused("The file is UTF-16: save it as CSV in UTF-8.")
    if body.startswith(b"PK\x03\x04"):
        raise FileRefused("The file is a workbook or an archive: save it as CSV in UTF-8.")
    text = body.decode("utf-8-sig", errors="surrogateescape")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise FileRefused(
                f"Row {number + 1} cannot be read as CSV: {error}. Is a quotation mark never closed?"
            ) from None
        if values is None:
            return
        number += 1
        if any(value.strip() for value in values):
            yield number, values


def check_header(found: list[str], expected: tuple[str, ...]) -> None:
    """Raises FileRefused, naming what is missing and what is not known."""
    if tuple(found) == expected:
        return
    wanted = f"Expected exactly: {','.join(expected)}."
    if any(is_broken(name) for name in found):
        raise FileRefused(f"The header is not UTF-8: save the file as CSV in UTF-8. {wanted}")
    if len(found) == 1 and ";" in found[0]:
        raise FileRefused(f"The columns are separated by semicolons: save the file with commas. {wanted}")
    missing = [name for name in expected if name not in found]
    strange = [shown(name) for name in found if name not in expected]
    twice = sorted({name for name in found if found.count(name) > 1 and name in expected})
    told = [
        f"{words} {', '.join(names)}"
        for words, names in (("missing", missing), ("unknown", strange), ("twice", twice))
        if names
    ]
    raise FileRefused(f"The columns are not as they should be: {'; '.join(told) or 'in another order'}. {wanted}")
