"""Reference data as files give it: read once, checked for its columns, and never filled in where a source is silent."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from servicekit.problem import CannotStart


class ReferenceMissing(CannotStart):
    """A file of the reference folder is not there, or not in the form that its README describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """One NHS trust; `open` is what decides, an empty `until` does not."""

    code: str
    name: str
    sector: str
    region: str | None
    since: date | None
    until: date | None
    successor: str | None
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    code: str
    name: str
    cell: str
    label: str
    """Its place in a network's path: `national.<label>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerName:
    code: str
    name: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """All of it, by code."""

    trusts: dict[str, Trust]
    regions: dict[str, Region]
    names: list[FormerName]


@dataclass(frozen=True, slots=True)
class JobRoles:
    """Occupations that a membership may name, by code and by title."""

    titles: dict[str, str]

    def find(self, text: str) -> str | None:
        """The code of a code or a title, as people write it; None where there is no such job role."""
        wanted = " ".join(text.split())
        if wanted in self.titles:
            return wanted
        by_title = {title.casefold(): code for code, title in self.titles.items()}
        return by_title.get(wanted.casefold())


def read(folder: Path) -> Reference:
    """Organisations and regions. Raises ReferenceMissing."""
    return Reference(
        trusts={row["code"]: _trust(row) for row in _rows(folder / "organisations.csv", _TRUST)},
        regions={
            row["code"]: Region(code=row["code"], name=row["name"], cell=row["cell"], label=row["label"])
            for row in _rows(folder / "regions.csv", ("code", "name", "cell", "label"))
        },
        names=[
            FormerName(code=row["code"], name=row["name"], since=date.fromisoformat(row["from"]))
            for row in _rows(folder / "names.csv", ("code", "name", "from"))
        ],
    )


def read_job_roles(folder: Path) -> JobRoles:
    """Raises ReferenceMissing."""
    rows = _rows(folder / "job_roles.csv", ("code", "title"))
    return JobRoles({row["code"]: row["title"] for row in rows})


_TRUST = ("code", "name", "sector", "region", "from", "to", "successor", "status")


def _trust(row: dict[str, str]) -> Trust:
    return Trust(
        code=row["code"],
        name=row["name"],
        sector=row["sector"],
        region=row["region"] or None,
        since=_day(row["from"]),
        until=_day(row["to"]),
        successor=row["successor"] or None,
        open=row["status"] == "open",
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except OSError as error:
        raise ReferenceMissing(f"{path.name} cannot be read: {type(error).__name__}") from None
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise ReferenceMissing(f"{path.name} lacks the columns {', '.join(missing)}")
    yield from rows
