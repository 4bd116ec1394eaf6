"""What the processes count, as their sources declare it."""

import ast
from collections.abc import Iterator
from functools import cache

from house import ROOT, SERVICES, service

from servicekit.metrics import REGISTRY

SAMPLES = {"Counter": ("_total",), "Gauge": ("",), "Histogram": ("_bucket", "_sum", "_count")}


@cache
def counted() -> dict[str, frozenset[str]]:
    """The labels of every sample that a process's /metrics has, by its name."""
    for name in SERVICES:
        service(name)  # imports all of it, and with it what it counts
    told = [metric for metric in REGISTRY.collect() if not metric.name.startswith("guildhall_")]
    found = {sample.name: frozenset(sample.labels) for metric in told for sample in metric.samples}
    for kind, name, labels in _declared():
        for suffix in SAMPLES[kind]:
            found[name + suffix] = frozenset({*labels, "le"} if suffix == "_bucket" else labels)
    return found


def declared_names() -> set[str]:
    return {name for _, name, _ in _declared()}


def registered_names() -> set[str]:
    return {metric.name for metric in REGISTRY.collect() if metric.name.startswith("guildhall_")}


def words_of(metric: str) -> set[str]:
    """Every value that is written out where the metric of this name in the sources, such as `JOBS`, is counted."""
    return {
        str(word.value)
        for call in _calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "labels"
        and ast.unparse(call.func.value).rpartition(".")[2] == metric
        for word in call.args
        if isinstance(word, ast.Constant)
    }


def _declared() -> Iterator[tuple[str, str, list[str]]]:
    """Kind, name and labels."""
    for call in _calls():
        kind = ast.unparse(call.func)
        if kind in SAMPLES and any(keyword.arg == "registry" for keyword in call.keywords):
            name, _, *labels = (ast.literal_eval(argument) for argument in call.args)
            yield kind, name, labels[0] if labels else []


@cache
def _calls() -> list[ast.Call]:
    folders = [ROOT / "shared/servicekit/servicekit", *(ROOT / f"services/{name}/{name}_service" for name in SERVICES)]
    trees = [ast.parse(path.read_text()) for folder in folders for path in sorted(folder.rglob("*.py"))]
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
