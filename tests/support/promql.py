"""PromQL, as far as our alerts use it, over samples that were scraped; whatever else an expression asks for is refused.

Prometheus' own grammar takes expressions apart; what they come to is worked out here, since no registry that the
project uses has Prometheus itself. Understood are selectors with `=`, `!=`, `=~`, `!~`; `sum`, `min`, `max` with `by`;
`rate`, `increase` (extrapolated as Prometheus does) and `histogram_quantile`; `/`, comparisons and `and` of series with
the same labels; numbers and parentheses.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Series = Mapping[tuple[str, Labels], Sequence[tuple[float, float]]]
"""By name and labels: instants, in seconds, with values; the oldest first."""

LOOK_BACK = 300.0
"""Seconds for which a sample counts where no newer one follows."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "Eql": lambda a, b: a == b,
    "Neq": lambda a, b: a != b,
    "Gtr": lambda a, b: a > b,
    "Lss": lambda a, b: a < b,
    "Gte": lambda a, b: a >= b,
    "Lte": lambda a, b: a <= b,
}
_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {"sum": math.fsum, "min": min, "max": max}


class NotUnderstood(ValueError):
    """An expression asks for what is not worked out here."""


@dataclass(frozen=True, slots=True)
class Tree:
    kind: str
    text: str
    parts: "list[Tree]"

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Tree":
        return cls(told["kind"], told["text"], [cls.of(part) for part in told["parts"]])

    def part(self, kind: str) -> "Tree | None":
        return next((part for part in self.parts if part.kind == kind), None)

    def all(self, kind: str) -> "list[Tree]":
        """Every part of this kind, however deep."""
        return [found for part in self.parts for found in ([part] if part.kind == kind else part.all(kind))]


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression at an instant, over what was scraped."""

    series: Series
    at: float

    def vector(self, tree: Tree) -> Vector:
        found = self.value(tree)
        if not isinstance(found, dict):
            raise NotUnderstood(f"a number where series are wanted: {tree.text}")
        return found

    def value(self, tree: Tree) -> Vector | float:
        match tree.kind:
            case "ParenExpr":
                return self.value(tree.parts[0])
            case "NumberDurationLiteral":
                return float(tree.text)
            case "VectorSelector":
                return self._newest(tree)
            case "AggregateExpr":
                return self._aggregated(tree)
            case "FunctionCall":
                return self._called(tree)
            case "BinaryExpr":
                return self._combined(tree)
        raise NotUnderstood(f"{tree.kind}: {tree.text}")

    def _newest(self, selector: Tree) -> Vector:
        return {
            labels: samples[-1][1] for labels, samples in self._chosen(selector, self.at - LOOK_BACK).items() if samples
        }

    def _chosen(self, selector: Tree, since: float) -> dict[Labels, list[tuple[float, float]]]:
        name = selector.part("Identifier")
        if name is None:
            raise NotUnderstood(f"a selector without a name: {selector.text}")
        matchers = [_matcher(told) for told in selector.all("UnquotedLabelMatcher")]
        return {
            labels: [(at, value) for at, value in samples if since < at <= self.at]
            for (metric, labels), samples in self.series.items()
            if metric == name.text and all(matches(dict(labels)) for matches in matchers)
        }

    def _aggregated(self, tree: Tree) -> Vector:
        operation, modifier, body = tree.part("AggregateOp"), tree.part("AggregateModifier"), tree.parts[-1]
        if operation is None or operation.text not in _AGGREGATES or body.kind != "FunctionCallBody":
            raise NotUnderstood(tree.text)
        if modifier is not None and modifier.part("By") is None:
            raise NotUnderstood(modifier.text)
        kept = {label.text for label in modifier.all("LabelName")} if modifier is not None else set()
        groups: dict[Labels, list[float]] = {}
        for labels, value in self.vector(body.parts[0]).items():
            groups.setdefault(frozenset(pair for pair in labels if pair[0] in kept), []).append(value)
        return {labels: _AGGREGATES[operation.text](values) for labels, values in groups.items()}

    def _called(self, tree: Tree) -> Vector:
        name, body = tree.parts[0].text, tree.parts[-1]
        if name == "histogram_quantile":
            wanted = self.value(body.parts[0])
            if isinstance(wanted, dict):
                raise NotUnderstood(tree.text)
            return _quantiles(wanted, self.vector(body.parts[-1]))
        if name in ("rate", "increase"):
            selector, window = _ranged(body.parts[0])
            grown = {
                labels: _increase(samples, self.at - window, self.at)
                for labels, samples in self._chosen(selector, self.at - window).items()
                if len(samples) > 1
            }
            return grown if name == "increase" else {labels: value / window for labels, value in grown.items()}
        raise NotUnderstood(tree.text)

    def _combined(self, tree: Tree) -> Vector:
        if len(tree.parts) != 3:
            raise NotUnderstood(f"a modifier: {tree.text}")
        left, operator, right = self.vector(tree.parts[0]), tree.parts[1].kind, self.value(tree.parts[2])
        if operator == "And" and isinstance(right, dict):
            return {labels: value for labels, value in left.items() if labels in right}
        pairs = {
            labels: (value, right[labels] if isinstance(right, dict) else right)
            for labels, value in left.items()
            if not isinstance(right, dict) or labels in right
        }
        if operator in _COMPARISONS:
            return {labels: a for labels, (a, b) in pairs.items() if _COMPARISONS[operator](a, b)}
        if operator == "Div":
            return {labels: a / b if b else math.nan for labels, (a, b) in pairs.items()}
        raise NotUnderstood(f"{operator}: {tree.text}")


def _matcher(told: Tree) -> Callable[[Mapping[str, str]], bool]:
    label, operation, wanted = (part.text for part in told.parts)
    value = wanted[1:-1].replace("\\\\", "\\")
    if operation in ("=~", "!~"):
        return lambda labels: (re.fullmatch(value, labels.get(label, "")) is not None) == (operation == "=~")
    return lambda labels: (labels.get(label, "") == value) == (operation == "=")


def _ranged(tree: Tree) -> tuple[Tree, float]:
    """A selector and the seconds of its window."""
    selector, length = tree.part("VectorSelector"), re.fullmatch(r".*\[(\d+)([smhd])\]", tree.text, re.DOTALL)
    if tree.kind != "MatrixSelector" or selector is None or length is None:
        raise NotUnderstood(tree.text)
    return selector, float(length[1]) * _UNITS[length[2]]


def _increase(samples: Sequence[tuple[float, float]], since: float, until: float) -> float:
    """A counter's growth in the window, resets allowed for, reached out to its ends where samples come near them."""
    values = [value for _, value in samples]
    grown = values[-1] - values[0] + sum(a for a, b in pairwise(values) if b < a)
    first, last = samples[0][0], samples[-1][0]
    between = (last - first) / (len(samples) - 1)
    before, after = first - since, until - last
    if grown > 0 and values[0] >= 0:
        before = min(before, (last - first) * values[0] / grown)
    reach = sum(gap if gap < between * 1.1 else between / 2 for gap in (before, after))
    return grown * (last - first + reach) / (last - first)


def _quantiles(wanted: float, buckets: Vector) -> Vector:
    groups: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in buckets.items():
        edge = float(dict(labels)["le"])
        groups.setdefault(frozenset(pair for pair in labels if pair[0] != "le"), []).append((edge, count))
    return {labels: _quantile(wanted, sorted(counts)) for labels, counts in groups.items() if max(counts)[1] > 0}


def _quantile(wanted: float, counts: Sequence[tuple[float, float]]) -> float:
    rank = wanted * counts[-1][1]
    place = next(number for number, (_, count) in enumerate(counts) if count >= rank)
    if place == len(counts) - 1:
        return counts[-2][0]
    (low, below) = counts[place - 1] if place else (0.0, 0.0)
    high, upto = counts[place]
    return low + (high - low) * (rank - below) / (upto - below)
