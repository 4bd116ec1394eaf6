"""What the judge stands on: it knows no service, and takes nobody's silence for a refusal."""

import ast
from pathlib import Path

import pytest
from judging import timing
from judging.claims import Verdict, claim
from workload import history
from workload.history import History, Line, Log, Phase, Try, Wish

FAULTS = Path(__file__).parent
OURS = ("membership_", "events_", "notifications_", "analytics_", "access", "servicekit")


def test_the_judge_imports_no_service() -> None:
    """What judges by a service's own code would share its mistakes."""
    files = [*sorted((FAULTS / "judging").glob("*.py")), FAULTS / "workload" / "history.py"]
    modules = {
        name
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }

    assert "judging.claims" in modules
    assert not [name for name in modules if name.startswith(OURS)]


@pytest.mark.parametrize(
    ("phases", "outcome"),
    [
        (["ok"], "ok"),
        (["unknown", "ok"], "ok"),
        (["fail", "fail"], "fail"),
        (["unknown", "fail"], "unknown"),
        (["unknown"], "unknown"),
    ],
)
def test_a_refusal_after_an_unknown_try_settles_nothing(phases: list[Phase], outcome: str) -> None:
    assert a_wish(*phases).outcome == outcome


def test_a_history_is_read_as_it_was_written_though_its_writer_was_killed(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    log = Log(file)
    told = {"op": log.next_op(), "deed": "register", "about": "e", "who": "m"}
    log.write(Line(attempt=0, phase="invoke", at=1.0, method="POST", path="/p", key="k", **told))
    log.write(Line(attempt=0, phase="unknown", at=2.0, **told))
    log.write(Line(attempt=1, phase="invoke", at=3.0, method="POST", path="/p", key="k", **told))
    log.close()
    with file.open("a") as torn:
        torn.write('{"op": 1, "attempt": 1, "pha')

    [wish] = history.read(file).wishes

    assert (wish.key, [one.phase for one in wish.tries], wish.outcome) == ("k", ["unknown", "unknown"], "unknown")
    after = Log(file)
    assert after.next_op() == 2
    after.seen("m", "followed-live", "national", 7)
    after.close()
    assert [line.answer for line in history.read(file).seen] == [7]


def test_how_long_nothing_worked() -> None:
    told = History([a_wish("ok", at=at) for at in (1.0, 2.0, 9.0, 10.0)], [])

    assert timing.longest_silence(told, since=0.0, until=11.0) == 7.0
    assert timing.first_success_after(told, 2.5) == 6.5
    assert timing.first_success_after(told, 20.0) == timing.NEVER


def test_a_claim_about_nothing_is_not_kept_and_a_misspelled_one_is_no_nought() -> None:
    verdict = Verdict([claim(1, "a", 0, []), claim(1, "b", 3, []), claim(1, "c", 3, ["lost"])])

    assert [one.name for one in verdict.red] == ["a", "c"]
    assert verdict.differences("b", "c") == 1
    with pytest.raises(KeyError):
        verdict.differences("d")


def a_wish(*phases: Phase, at: float = 1.0) -> Wish:
    tries = [Try(sent=at - 0.5, ended=at, phase=phase) for phase in phases]
    return Wish(op=1, deed="d", about="", who="w", method="POST", path="/p", key=None, body=None, tries=tries)
