"""Alerts, runbooks and the dashboard speak of what the processes really count."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

import pytest
import yaml
from counted import counted, declared_names, registered_names, words_of
from house import ROOT, SERVICES, service
from judges import Expression, Selector, read_promql

from notifications_service.bounces.model import Verdict
from notifications_service.webhooks.figures import STATES
from servicekit.web.rules import routes_of

ALERTS = ROOT / "deploy/observability/alerts.yaml"
DASHBOARD = ROOT / "deploy/observability/dashboard.json"
RUNBOOKS = ROOT / "docs/runbooks"
SCRAPED = ROOT / "deploy/observability/prometheus.yaml"

WRONG: Mapping[str, list[str]] = {
    "sum by (service) (rate(guildhall_http_requests_total[5m])": ["it is no PromQL"],
    "vector(1)": ["it asks for nothing"],
    "guildhall_jobs_totl > 0": ["nobody counts guildhall_jobs_totl"],
    '{__name__="guildhall_jobs_total"}': ["nobody counts "],
    'guildhall_jobs{state="failed"}': ["nobody counts guildhall_jobs"],
    'rate(guildhall_jobs_total{state="faild"}[1h])': ["state of guildhall_jobs_total is never faild"],
    'guildhall_bounces_total{verdict=~"hard|complant"}': ["verdict of guildhall_bounces_total is never complant"],
    'guildhall_webhook_endpoints{state!="fail.*"}': ["state of guildhall_webhook_endpoints is never fail\\.\\*"],
    'up{jobs="serve"}': ["up has no jobs", "jobs of up is never serve"],
    "sum by (consumr) (guildhall_consumer_lag)": ["guildhall_consumer_lag has no consumr"],
    "sum by (le) (guildhall_consumer_lag)": ["guildhall_consumer_lag has no le"],
    "max(up) by (kind) > on (cell) up": ["up has no cell", "up has no kind", "up has no cell"],
}
"""Expressions, and what is wrong with each."""


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    shown = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    return [*(alert["expr"] for alert in alerts()), *shown]


@cache
def read() -> Mapping[str, Expression]:
    """Each expression of ours, and each that is wrong, as Prometheus' own grammar reads it."""
    asked = [*expressions(), *WRONG]
    return dict(zip(asked, read_promql(asked), strict=True))


def scrapes() -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = yaml.safe_load(SCRAPED.read_text())["scrape_configs"]
    return told


def routes() -> set[str]:
    """As they are counted: templates."""
    return {
        route.path
        for name in SERVICES
        for route in routes_of(service(name).create_app(service(name).settings(service_profile="local")))
    }


@cache
def possible() -> dict[tuple[str, str], set[str]]:
    """All values of each label that an expression chooses by."""
    jobs = {scrape["job_name"] for scrape in scrapes()}
    return {
        ("up", "job"): jobs,
        ("process_resident_memory_bytes", "job"): jobs,
        ("guildhall_http_requests_total", "status"): {str(status.value) for status in HTTPStatus},
        ("guildhall_http_request_seconds_bucket", "route"): routes(),
        ("guildhall_jobs_total", "state"): words_of("JOBS"),
        ("guildhall_bounces_total", "verdict"): set(Verdict),
        ("guildhall_webhook_endpoints", "state"): set(STATES),
    }


def faults(expression: Expression) -> list[str]:
    """Why it could never tell of anything, though Prometheus takes it."""
    if not expression.whole:
        return ["it is no PromQL"]
    if not expression.selectors:
        return ["it asks for nothing"]
    return [fault for selector in expression.selectors for fault in _faults(selector)]


def _faults(selector: Selector) -> Iterator[str]:
    metric = selector.metric
    if metric not in labels():
        yield f"nobody counts {metric}"
        return
    asked = {*selector.grouped, *(matcher.label for matcher in selector.matchers)}
    yield from (f"{metric} has no {label}" for label in sorted(asked - labels()[metric]))
    for matcher in selector.matchers:
        values = possible().get((metric, matcher.label), set())
        for pattern in matcher.value.split("|") if matcher.is_pattern else [re.escape(matcher.value)]:
            if not any(re.fullmatch(pattern, value) for value in values):
                yield f"{matcher.label} of {metric} is never {pattern}"


@cache
def labels() -> dict[str, frozenset[str]]:
    """Of each metric that Prometheus has: its own, and those that scraping adds."""
    added = {"job", "instance"} | {rule["target_label"] for scrape in scrapes() for rule in scrape["relabel_configs"]}
    return {name: own | added for name, own in counted().items()} | {"up": frozenset(added)}


def test_every_metric_is_read_from_the_sources_as_it_is_registered() -> None:
    counted()

    assert declared_names() == registered_names()


def test_every_expression_asks_for_what_is_counted() -> None:
    found = {expression: faults(read()[expression]) for expression in expressions()}

    assert {expression: wrong for expression, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("expression", WRONG)
def test_what_would_never_tell_of_anything_is_seen(expression: str) -> None:
    assert faults(read()[expression]) == WRONG[expression]


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_names_only_labels_that_it_still_has(alert: dict[str, Any]) -> None:
    named = set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]))

    assert [
        selector.metric
        for selector in read()[alert["expr"]].selectors
        if named - (labels()[selector.metric] if selector.left is None else set(selector.left))
    ] == []


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
    scraped = {at for job in scrapes() for part in job["static_configs"] for at in part["targets"]}

    assert scraped == {f"{name}-{process}" for name in SERVICES for process in ("serve:8000", "work:8001")}
