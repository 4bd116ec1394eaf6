"""Whether alerts fire: the rules of deploy/observability over what real processes said of themselves.

The samples are real; only how long a state lasts is played, since nobody waits an hour for a test: what was scraped
stays as it was, and is scraped again every 15 seconds of a clock of the test's own.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import yaml
from house import ROOT
from judges import ask
from prometheus_client.parser import text_string_to_metric_families
from promql import Asked, Labels, Tree, Vector

from servicekit import metrics

RULES = ROOT / "deploy/observability/alerts.yaml"
EVERY = 15.0
"""Seconds between two scrapes, as deploy/observability/prometheus.yaml has it."""
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    tree: Tree
    lasting: float
    """Seconds for which it must hold before it fires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """What one process said at one time; `text` is None where it said nothing."""

    service: str
    job: str = "work"
    text: str | None


def scraped(service: str, *, job: str = "work") -> Scrape:
    """What this process would say of itself now."""
    return Scrape(service=service, job=job, text=metrics.text().decode())


async def scraped_from(url: str, service: str, *, job: str = "work") -> Scrape:
    """What the process at this address says of itself, if anything."""
    try:
        async with httpx.AsyncClient(timeout=10) as http:
            answer = await http.get(f"{url}/metrics")
    except httpx.TransportError:
        return Scrape(service=service, job=job, text=None)
    return Scrape(service=service, job=job, text=answer.text if answer.status_code == 200 else None)


@cache
def rules() -> Mapping[str, Rule]:
    told: list[dict[str, Any]] = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]
    trees = ask("promql_tree.mjs", told=json.dumps([rule["expr"] for rule in told]))
    return {
        rule["alert"]: Rule(name=rule["alert"], tree=Tree.of(tree), lasting=_seconds(rule.get("for", "0s")))
        for rule, tree in zip(told, trees, strict=True)
    }


def _seconds(told: str) -> float:
    length = re.fullmatch(r"(\d+)([smh])", told)
    assert length is not None, told
    return float(length[1]) * _UNITS[length[2]]


@dataclass(slots=True)
class Watchman:
    """Scrapes, and asks the rules after each scrape."""

    at: float = 0.0
    series: dict[tuple[str, Labels], list[tuple[float, float]]] = field(default_factory=dict)
    since: dict[tuple[str, Labels], float] = field(default_factory=dict)
    """Of each alert and its labels: since when its expression holds."""
    told: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """Alerts that have fired, each with the labels that it fired for."""

    def sees(self, *scrapes: Scrape, minutes: float) -> None:
        """What these processes say, unchanged for so long."""
        for _ in range(max(1, int(minutes * 60 / EVERY))):
            self.at += EVERY
            for scrape in scrapes:
                self._keep(scrape)
            self._ask()

    def _keep(self, scrape: Scrape) -> None:
        added = {"service": scrape.service, "job": scrape.job, "instance": f"{scrape.service}-{scrape.job}"}
        self._add("up", added, 0.0 if scrape.text is None else 1.0)
        for name, labels, value in _samples(scrape.text or ""):
            self._add(name, labels | added, value)

    def _add(self, name: str, labels: Mapping[str, str], value: float) -> None:
        self.series.setdefault((name, frozenset(labels.items())), []).append((self.at, value))

    def _ask(self) -> None:
        held: dict[tuple[str, Labels], float] = {}
        for rule in rules().values():
            found: Vector = Asked(self.series, self.at).vector(rule.tree)
            held |= {(rule.name, labels): self.since.get((rule.name, labels), self.at) for labels in found}
        self.since = held
        for (name, labels), since in held.items():
            told = self.told.setdefault(name, []) if self.at - since >= rules()[name].lasting else None
            if told is not None and dict(labels) not in told:
                told.append(dict(labels))


@cache
def _samples(text: str) -> Sequence[tuple[str, dict[str, str], float]]:
    return [
        (sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "up" or sample.name.startswith("guildhall_")
    ]


def fires(alert: str, before: Scrape, *after: Scrape, apart: float = 5.0) -> list[dict[str, str]]:
    """Assert that an alert is silent as things were, and when they have just changed, and fires when they stay so.

    after: what was said once the fault was there, in order, so many minutes apart; the last stays.
    Returns the labels that it fires for.
    """
    watchman, lasting = Watchman(), rules()[alert].lasting / 60
    watchman.sees(before, minutes=lasting + 10)
    assert alert not in watchman.told, f"{alert} fires before anything has happened"
    watchman.sees(after[0], minutes=0.5)
    assert not lasting or alert not in watchman.told, f"{alert} fires at once, though it says that it waits"
    for scrape in after[:-1]:
        watchman.sees(scrape, minutes=apart)
    watchman.sees(after[-1], minutes=lasting + 1)
    assert alert in watchman.told, f"{alert} is silent; what fired: {sorted(watchman.told)}"
    return watchman.told[alert]
