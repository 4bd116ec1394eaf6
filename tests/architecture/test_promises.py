"""Every promise has its line: the tests that prove it and the controls that break it are there and can run."""

import ast
import re

import pytest
from house import ROOT
from promises import NAMED, Line, lines

COUNT = 20


def test_every_promise_has_its_line() -> None:
    assert [line.number for line in lines()] == list(range(1, COUNT + 1))


@pytest.mark.parametrize("line", lines(), ids=lambda line: str(line.number))
def test_a_promise_names_a_proof_a_control_and_a_figure(line: Line) -> None:
    assert line.proofs
    assert line.controls
    assert line.figure


@pytest.mark.parametrize("line", lines(), ids=lambda line: str(line.number))
def test_what_it_names_is_there_and_can_fail(line: Line) -> None:
    named = [*line.proofs, *line.controls]

    assert [f"{path}::{name}" for path, name in named if not _asserts(path, name)] == []


def _asserts(path: str, name: str) -> bool:
    """Whether there is such a test with something in it that can fail, or such a model's command with its verdict."""
    file = ROOT / path
    if not file.is_file():
        return False
    if path.endswith(".als"):
        return re.search(rf"^(?:check|run) {name}\b.*\bexpect [01]", file.read_text(), re.MULTILINE) is not None
    return any(_can_fail(node) for node in ast.walk(ast.parse(file.read_text())) if _named(node, name))


def _named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name


def _can_fail(test: ast.AST) -> bool:
    """A test asserts, expects an error, says a figure with a goal, or calls what by its name checks."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and re.match(r"_?(?:raises|say|eventually|check|judge|\w*agree)", _called(node)))
        for node in ast.walk(test)
    )


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize(
    "row", ["`tests/architecture/test_promises.py::test_there_is_no_such_test`", "`tests/no.py::x`"]
)
def test_a_test_that_is_not_there_would_be_noticed(row: str) -> None:
    [(path, name)] = NAMED.findall(row)

    assert not _asserts(path, name)
