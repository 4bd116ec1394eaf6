"""Controls are the tests that take a mechanism away and see its promise broken; at the end it is said how many did.

They are those that the page of promises names. The marker `control` chooses them.
"""

from pathlib import Path

import pytest
from promises import lines

_OF_A_MODEL = "tests/models/test_models.py::test_a_command_ends_as_its_model_says[{model}-{command}]"


def controls() -> frozenset[str]:
    """Their ids; of one that runs with several arguments, without them."""
    named = {control for line in lines() for control in line.controls}
    return frozenset(
        _OF_A_MODEL.format(model=Path(path).stem, command=name) if path.endswith(".als") else f"{path}::{name}"
        for path, name in named
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = controls()
    for item in items:
        if item.nodeid in known or item.nodeid.partition("[")[0] in known:
            item.add_marker("control")


def caught(reporter: pytest.TerminalReporter) -> tuple[int, int]:
    """How many controls saw what they are to see, and how many ran."""
    ran = [
        report
        for kind in ("passed", "failed")
        for report in reporter.stats.get(kind, ())
        if report.when == "call" and "control" in report.keywords
    ]
    return sum(report.passed for report in ran), len(ran)
