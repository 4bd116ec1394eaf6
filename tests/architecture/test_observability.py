"""Alerts, runbooks and the dashboard speak of what the processes really count."""

import json
from typing import Any

import pytest
import yaml
from house import ROOT, SERVICES, service
from judges import read_promql

from servicekit.metrics import REGISTRY

ALERTS = ROOT / "deploy/observability/alerts.yaml"
DASHBOARD = ROOT / "deploy/observability/dashboard.json"
RUNBOOKS = ROOT / "docs/runbooks"
PROMETHEUS_OWN = {"up"}


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    shown = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    return [*(alert["expr"] for alert in alerts()), *shown]


def counted() -> set[str]:
    """Every name that a process's /metrics has."""
    for name in SERVICES:
        service(name)  # imports all of it, and with it what it counts
    names = {metric.name for metric in REGISTRY.collect()}
    suffixes = ("", "_total", "_bucket", "_sum", "_count")
    return {name + suffix for name in names for suffix in suffixes} | PROMETHEUS_OWN


def test_every_expression_is_promql_and_asks_for_what_is_counted() -> None:
    read = dict(zip(expressions(), read_promql(expressions()), strict=True))

    assert [expression for expression, told in read.items() if not told.whole] == []
    known = counted()
    assert {name for told in read.values() for name in told.metrics} - known == set()
    assert all(told.metrics for told in read.values())


def test_the_grammar_refuses_what_is_none() -> None:
    [broken] = read_promql(["sum by (service) (rate(guildhall_http_requests_total[5m])"])

    assert not broken.whole


def test_each_alert_has_its_page_and_each_page_its_alert() -> None:
    named = {alert["alert"]: alert["annotations"]["runbook"] for alert in alerts()}

    assert {name: f"docs/runbooks/{name}.md" for name in named} == named
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == set(named)


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_a_page_says_who_notices_what_to_look_at_what_to_do_and_when_it_is_over(alert: dict[str, Any]) -> None:
    page = (ROOT / alert["annotations"]["runbook"]).read_text()

    assert page.startswith(f"# {alert['alert']}\n")
    assert [part for part in ("**Who notices.**", "## Look", "## Do", "**Over when:**") if part not in page] == []
    assert alert["labels"]["severity"] in {"page", "ticket"}


def test_every_process_of_the_stack_is_scraped() -> None:
    told = yaml.safe_load((ROOT / "deploy/observability/prometheus.yaml").read_text())
    scraped = {at for job in told["scrape_configs"] for part in job["static_configs"] for at in part["targets"]}

    assert scraped == {f"{name}-{process}" for name in SERVICES for process in ("serve:8000", "work:8001")}
