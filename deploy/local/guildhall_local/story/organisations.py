"""The organisations that the story's people work for and what they may be there, read from `reference/`."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from guildhall_local.story import invented

REFERENCE = Path(__file__).parents[4] / "reference"
NATIONAL = "national"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An employer: an open trust by its ODS code, or one without a network by its name alone (no code).

    `region` is a code of `reference/regions.csv`, None for a national one; `domain` is that of its invented
    e-mail addresses.
    """

    code: str | None
    name: str
    domain: str
    sector: str
    region: str | None
    cell: str
    opened: date | None

    @property
    def network(self) -> str:
        """The path of the network that its people are members of."""
        above = NATIONAL if self.cell == NATIONAL else f"{NATIONAL}.{self.cell}"
        return f"{above}.{self.code.lower()}" if self.code else above


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRole:
    code: str
    title: str
    level: str


def open_trusts(reference: Path = REFERENCE) -> list[Organisation]:
    cells = _cells(reference)
    return [
        Organisation(
            code=row["code"],
            name=row["name"],
            domain=f"{row['code'].lower()}.example",
            sector=row["sector"],
            region=row["region"] or None,
            cell=cells[row["region"]],
            opened=date.fromisoformat(row["from"]) if row["from"] else None,
        )
        for row in _rows(reference / "organisations.csv")
        if row["status"] == "open"
    ]


def without_network(reference: Path = REFERENCE) -> list[Organisation]:
    """The invented ones in turn with integrated care boards of today, which are given by name alone."""
    boards = [
        (row["name"], f"{row['code'].lower()}.example", "integrated_care", row["region"])
        for row in _rows(reference / "icbs.csv")
        if not row["to"]
    ]
    spread = boards[:: len(boards) // len(invented.ORGANISATIONS)]
    cells = _cells(reference)
    return [
        Organisation(
            code=None,
            name=name,
            domain=domain,
            sector=sector,
            region=region or None,
            cell=cells[region],
            opened=None,
        )
        for pair in zip(invented.ORGANISATIONS, spread, strict=False)
        for name, domain, sector, region in pair
    ]


def job_roles(reference: Path = REFERENCE) -> list[JobRole]:
    return [
        JobRole(code=row["code"], title=row["title"], level=row["level"]) for row in _rows(reference / "job_roles.csv")
    ]


def region_names(reference: Path = REFERENCE) -> dict[str, str]:
    return {row["code"]: row["name"] for row in _rows(reference / "regions.csv")}


def _cells(reference: Path) -> dict[str, str]:
    return {"": NATIONAL, **{row["code"]: row["cell"] for row in _rows(reference / "regions.csv")}}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
