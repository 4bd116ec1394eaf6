"""Whether Envoy would take the gateway's files; its own validation reads none of the watched ones."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from guildhall_local.gateway.envoy import binary
from guildhall_local.gateway.render import FILES
from guildhall_local.obstacle import Obstacle

REQUIREMENT = "requirement_name"


def check(folder: Path) -> None:
    """Have Envoy judge what was rendered into `folder`; an Obstacle says what is wrong with it."""
    clusters, routes, bootstrap = (yaml.safe_load((folder / name).read_text()) for name in FILES)
    whole = fold(bootstrap, routes=routes, clusters=clusters)
    _check_requirements(whole)
    with tempfile.TemporaryDirectory() as scratch:
        folded = Path(scratch) / "folded.yaml"
        folded.write_text(yaml.safe_dump(whole, sort_keys=False))
        judged = subprocess.run(
            [binary(), "--mode", "validate", "--log-level", "warning", "-c", folded],
            capture_output=True,
            text=True,
            check=False,
        )
    if judged.returncode != 0:
        raise Obstacle(f"Envoy refuses the gateway's files:\n{(judged.stderr or judged.stdout).strip()}")


def fold(bootstrap: Mapping[str, Any], *, routes: Mapping[str, Any], clusters: Mapping[str, Any]) -> dict[str, Any]:
    """The bootstrap with both watched files written into it, where Envoy's validation reads every field."""
    whole = {name: part for name, part in bootstrap.items() if name != "dynamic_resources"}
    fixed = whole["static_resources"]
    fixed["clusters"] += [_typeless(cluster) for cluster in clusters["resources"]]
    for connection_manager in _having(fixed["listeners"], "rds"):
        name = connection_manager.pop("rds")["route_config_name"]
        connection_manager["route_config"] = next(
            _typeless(resource) for resource in routes["resources"] if resource["name"] == name
        )
    return whole


def _typeless(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in resource.items() if name != "@type"}


def _check_requirements(whole: Mapping[str, Any]) -> None:
    """Envoy takes a misspelt requirement, and refuses everybody there."""
    known = {name for filters in _having(whole, "requirement_map") for name in filters["requirement_map"]}
    for place in _having(whole, REQUIREMENT):
        if place[REQUIREMENT] not in known:
            raise Obstacle(f"A route asks for {place[REQUIREMENT]!r}, which no requirement is named.")


def _having(part: Any, name: str) -> Iterator[dict[str, Any]]:
    """Every mapping within `part` that has the field."""
    if isinstance(part, dict):
        if name in part:
            yield part
        for inner in list(part.values()):
            yield from _having(inner, name)
    elif isinstance(part, list):
        for inner in part:
            yield from _having(inner, name)
