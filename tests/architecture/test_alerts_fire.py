"""No alert without a test in which it has fired, and a page that says which."""

import ast
import re
from functools import cache

import pytest
from alarms import fires, rules, scraped
from house import ROOT
from promql import Asked, NotUnderstood, Tree

PAGE = ROOT / "deploy" / "observability" / "README.md"
ROW = re.compile(r"^\| (\w+) \| `([\w./-]+\.py)::(\w+)` \|$", re.MULTILINE)
FOLDERS = ("shared", "services", "tests")


@cache
def fired() -> set[tuple[str, str, str]]:
    """Alert, file and test of each call of `fires`."""
    found = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("test_*.py"):
            text = path.read_text()
            if "from alarms import" in text:
                found |= {(alert, str(path.relative_to(ROOT)), test) for alert, test in _calls(text)}
    return found


def _calls(text: str) -> set[tuple[str, str]]:
    return {
        (str(call.args[0].value), test.name)
        for test in ast.walk(ast.parse(text))
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef) and test.name.startswith("test_")
        for call in ast.walk(test)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "fires"
        if isinstance(call.args[0], ast.Constant)
    }


def test_every_alert_has_fired_where_the_page_says() -> None:
    told = ROW.findall(PAGE.read_text())

    assert sorted(alert for alert, _, _ in told) == sorted(rules())
    assert [row for row in told if row not in fired()] == []


def test_a_rule_that_nothing_sets_off_is_seen() -> None:
    quiet = scraped("nobody")

    with pytest.raises(AssertionError, match="ProcessGone is silent"):
        fires("ProcessGone", quiet, quiet)


SERIES = {
    ("asked_total", frozenset({("service", "a"), ("status", "200")})): [(0.0, 0.0), (60.0, 60.0), (120.0, 120.0)],
    ("asked_total", frozenset({("service", "a"), ("status", "500")})): [(0.0, 5.0), (60.0, 10.0), (120.0, 3.0)],
    ("old", frozenset()): [(-400.0, 1.0)],
}


def selector(metric: str, matcher: str = "") -> Tree:
    parts = [Tree("Identifier", metric, [])]
    if matcher:
        label, operation, value = re.split(r"(=~|!~|!=|=)", matcher)
        told = [Tree("LabelName", label, []), Tree("MatchOp", operation, []), Tree("StringLiteral", value, [])]
        parts.append(Tree("LabelMatchers", "", [Tree("UnquotedLabelMatcher", matcher, told)]))
    return Tree("VectorSelector", metric, parts)


@pytest.mark.parametrize(
    ("matcher", "values"),
    [("", [3, 120]), ('status="500"', [3]), ('status!="500"', [120]), ('status=~"5.."', [3]), ('status!~"5.."', [120])],
)
def test_a_selector_chooses_as_prometheus_does(matcher: str, values: list[float]) -> None:
    assert sorted(Asked(SERIES, 120.0).vector(selector("asked_total", matcher)).values()) == values


def test_what_is_older_than_five_minutes_counts_no_more() -> None:
    assert Asked(SERIES, -101.0).vector(selector("old")) == {frozenset(): 1.0}
    assert Asked(SERIES, 0.0).vector(selector("old")) == {}


def test_a_counter_that_began_anew_has_grown_by_what_it_counted_since() -> None:
    window = Tree("MatrixSelector", "asked_total[2m]", [selector("asked_total")])
    body = Tree("FunctionCallBody", "", [window])
    grown = Asked(SERIES, 120.0).vector(Tree("FunctionCall", "", [Tree("FunctionIdentifier", "increase", []), body]))

    # From 60 to 120 seconds 60 were counted, and 3 since the other began anew; both reach back to the window's edge.
    assert {dict(labels)["status"]: value for labels, value in grown.items()} == {"200": 120.0, "500": 6.0}


def test_what_is_not_worked_out_here_is_refused() -> None:
    with pytest.raises(NotUnderstood):
        Asked(SERIES, 0.0).value(Tree("UnaryExpr", "-up", []))
