"""One short pair of each figure: both sides did the same work; how fast they were is not said here."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = ("registrations", "hot-event", "check-ins")


@pytest.fixture(scope="module")
def measured(measure: Callable[[Sequence[str], float], dict[str, Any]]) -> dict[str, Any]:
    return measure(COMMANDS, 0.5)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pair_is_of_equal_work(measured: dict[str, Any], name: str) -> None:
    [pair] = measured[name]["pairs"]

    assert pair["counts"]
    for side in (pair["bare"], pair["ours"]):
        assert side["errors"] == 0
        assert side["done"] == side["found"] > 0


def test_a_pair_of_unequal_work_does_not_count() -> None:
    from benchmarks.figure import Pair, Result, Run

    whole, lost = Run(rate=10, done=100, found=100), Run(rate=90, done=100, found=99)
    refused = Run(rate=90, done=100, found=100, errors=1)
    pairs = [Pair(bare=whole, ours=whole), Pair(bare=whole, ours=lost), Pair(bare=refused, ours=whole)]

    result = Result(figure="x", unit="y", goal=1.0, pairs=pairs)

    assert [pair.counts for pair in pairs] == [True, False, False]
    assert (result.ratio, result.worst, result.reached) == (1.0, 1.0, True)


def test_the_bare_sides_import_libraries_only() -> None:
    ours = ("servicekit", "access", "guildhall_local", "_service", "_contracts", "benchmarks")
    for path in (ROOT / "benchmarks" / "bare").glob("*.py"):
        imports = [line for line in path.read_text().splitlines() if line.startswith(("import ", "from "))]
        assert [line for line in imports if any(name in line for name in ours)] == [], path.name
