"""Figures that tests find: kept while they run, printed as a table at the end, a test red whose goal is missed."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import controls
import orjson
import pytest
from rich.console import Console
from rich.table import Table

EVERY_DAY_SEED = 7
"""What is played unless `SEED=` names another, as `make faults` does with the time, to play another game each time."""

_PROPERTY = "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    section: str
    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def reached(self) -> bool:
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    @property
    def goal(self) -> str:
        words = [f"at most {self.at_most:g}"] if self.at_most is not None else []
        words += [f"at least {self.at_least:g}"] if self.at_least is not None else []
        return " and ".join(words)


class Figures:
    """What one test finds, in the order of finding."""

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self._record = record

    def say(
        self,
        section: str,
        name: str,
        value: float,
        unit: str = "",
        *,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> None:
        """Keep a figure and hold it against its goal.

        Raises AssertionError, in words, where the goal is missed; the figure is kept all the same.
        """
        figure = Figure(section=section, name=name, value=value, unit=unit, at_most=at_most, at_least=at_least)
        self._record(_PROPERTY, asdict(figure))
        if not figure.reached:
            raise AssertionError(f"{section}: {name} is {_amount(figure)}, and must be {figure.goal}")


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    return Figures(record_property)


@pytest.fixture(scope="session")
def seed() -> int:
    """What chance is drawn from; said when the run ends, so that it can be repeated."""
    return _seed()


def pytest_configure() -> None:
    """Raises UsageError where what somebody asked for in the environment is no number."""
    for name, example in (("SEED", "7"), ("SOAK_MINUTES", "20")):
        given = os.environ.get(name) or example
        if not (given.isascii() and given.isdigit()):
            raise pytest.UsageError(f"{name}: expected a whole number such as {example}, not {given!r}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = [*_found(terminalreporter), *_caught(terminalreporter)]
    if not found:
        return
    table = Table(title=f"SEED={_seed()}", title_justify="left")
    for title in ("", "figure", "found", "goal", ""):
        table.add_column(title)
    for figure in found:
        mark = "" if not figure.goal else "reached" if figure.reached else "MISSED"
        table.add_row(figure.section, figure.name, _amount(figure), figure.goal, mark)
    console = Console(width=120)
    with console.capture() as drawn:
        console.print(table)
    terminalreporter.ensure_newline()
    terminalreporter.write_line(drawn.get())
    if target := os.environ.get("FIGURES"):
        Path(target).write_bytes(orjson.dumps([asdict(figure) for figure in found], option=orjson.OPT_INDENT_2))


def _found(reporter: pytest.TerminalReporter) -> list[Figure]:
    """Of every test that ran, wherever it ran: reports travel with what their test said."""
    return [
        Figure(**kept)
        for report in (report for reports in reporter.stats.values() for report in reports)
        if getattr(report, "when", None) == "call"
        for name, kept in report.user_properties
        if name == _PROPERTY
    ]


def _caught(reporter: pytest.TerminalReporter) -> list[Figure]:
    well, ran = controls.caught(reporter)
    return [Figure(section="controls", name=f"caught of {ran}", value=well, unit="", at_least=ran)] if ran else []


def _amount(figure: Figure) -> str:
    return f"{figure.value:,.4g} {figure.unit}".strip()


def _seed() -> int:
    return int(os.environ.get("SEED") or EVERY_DAY_SEED)
