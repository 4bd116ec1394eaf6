"""A report as a plain table: pages, charts, CSV and Parquet are made of it, so that all hold the same numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from servicekit.problem import Invalid

Value = str | int | float | date | None

FEW = "fewer than 8"
WITHHELD = "withheld"
"""Where a figure is kept back although it need not be small: it would give others away."""

EXACT_NOTE = "Exact figures of your own networks. Keep them there: a figure of 1 to 7 may stand for people you know."
PUBLISHED_NOTE = (
    "Published figures, after disclosure control: 0 as 0, 1 to 7 not shown, 8 and over to the nearest 5, percentages "
    "of figures as they are shown. A figure that would give a small one away is withheld as well."
)
MIXED_NOTE = f"Figures of your own networks are exact; all others are published ones. {PUBLISHED_NOTE}"


class Kind(StrEnum):
    TEXT = "text"
    COUNT = "count"
    PERCENT = "percent"
    DAY = "day"


class ChartKind(StrEnum):
    BARS = "bars"
    LINES = "lines"
    FUNNEL = "funnel"
    HEAT_MAP = "heat map"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    title: str
    kind: Kind
    meaning: str


@dataclass(frozen=True, slots=True)
class Row:
    values: tuple[Value, ...]
    """As many as there are columns; None: not shown, or there is none."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """By column: what is said where a figure is suppressed."""
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is drawn of the table: the columns by name, the first row's label first."""

    kind: ChartKind
    label: str
    measures: Sequence[str]
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    title: str
    as_of: str
    """Of which day or days, and in whose eyes, in words."""
    note: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    chart: Chart

    def position(self, name: str) -> int:
        return next(number for number, column in enumerate(self.columns) if column.name == name)

    def value(self, row: Row, name: str) -> Value:
        return row.values[self.position(name)]

    @property
    def parts(self) -> list[Row]:
        return [row for row in self.rows if not row.is_total]


class AsOf(StrEnum):
    """In whose eyes a day of the past is told."""

    THEN = "then"
    NOW = "now"


AS_THEN = "As it was then: everybody counts in the networks, sectors and job roles of the days that are told of."
AS_NOW = "As now: the same people, put in the networks, sectors and job roles that they have today."


class PublishedAsThen(Invalid):
    code = "published-as-then"
    title = "Published figures are told as it was then"


def explained(as_of: AsOf) -> str:
    return AS_THEN if as_of is AsOf.THEN else AS_NOW


def refuse_now(as_of: AsOf) -> None:
    """Raises PublishedAsThen: each period is published once, so nothing is put elsewhere afterwards."""
    if as_of is AsOf.NOW:
        raise PublishedAsThen("Figures of other networks are published as it was then: leave out as=now.")
