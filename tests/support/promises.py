"""The page of promises, read: what proves each of them, and which controls break it."""

import re
from dataclasses import dataclass

from house import ROOT

PAGE = ROOT / "docs" / "promises.md"
NAMED = re.compile(r"`([\w./-]+\.(?:py|als))::(\w+)`")


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    proofs: list[tuple[str, str]]
    controls: list[tuple[str, str]]
    figure: str


def lines() -> list[Line]:
    rows = [row for row in PAGE.read_text().splitlines() if re.match(r"\| \d+ \|", row)]
    return [read(row) for row in rows]


def read(row: str) -> Line:
    number, promise, proofs, controls, figure = (cell.strip() for cell in row.strip("| ").split(" | "))
    assert promise
    return Line(int(number), NAMED.findall(proofs), NAMED.findall(controls), figure)
