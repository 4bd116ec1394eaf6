"""What an import says no with: a whole file in a sentence, or one row by row, column, value and what was expected."""

from dataclasses import asdict, dataclass
from typing import Any

from servicekit.problem import Invalid

LONGEST_VALUE = 60
MOST_REFUSALS = 1000
"""How many are told one by one; beyond that they are counted."""


class FileRefused(Invalid):
    code = "file-refused"
    title = "This file cannot be imported"


class RowRefused(Exception):
    """One row stays out; the others go on."""

    def __init__(self, column: str, value: str, expected: str, *, kind: str) -> None:
        super().__init__(kind)
        self.column, self.value, self.expected, self.kind = column, value, expected, kind

    def at(self, row: int) -> "Refusal":
        return Refusal(row=row, column=self.column, value=shown(self.value), expected=self.expected, kind=self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """row: as a spreadsheet counts, with the header as row 1."""

    row: int
    column: str
    value: str
    expected: str
    kind: str

    def told(self) -> dict[str, Any]:
        return asdict(self)


def shown(value: str) -> str:
    """A value as it can be shown: bytes that are no UTF-8 as the replacement character, the rest cut short."""
    plain = "".join(char if char.isprintable() and not is_broken(char) else "\ufffd" for char in value)
    return plain if len(plain) <= LONGEST_VALUE else plain[: LONGEST_VALUE - 3] + "..."


def is_broken(text: str) -> bool:
    """Whether it holds bytes that were no UTF-8."""
    return any("\udc80" <= char <= "\udcff" for char in text)
