"""The three files that Envoy reads, written by a rename each, the one that names the others last."""

import hashlib
import json
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jinja2

from guildhall_local.catalogue import publish
from guildhall_local.gateway.table import Address, Table, clusters, routes
from guildhall_local.instance import PROJECT

if TYPE_CHECKING:
    from guildhall_local.gateway.envoy import Gateway

SOURCE = PROJECT / "deploy" / "gateway"
FILES = ("clusters.yaml", "routes.yaml", "bootstrap.yaml")
BODY_LIMIT = 1_048_576


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of deploy/gateway/problems.toml."""

    code: str
    title: str
    detail: str
    status: int | None = None
    at_least: int | None = None
    because: str | None = None
    answer: int | None = None
    challenge: str | None = None


def read_problems(path: Path = SOURCE / "problems.toml") -> list[Problem]:
    return [Problem(**entry) for entry in tomllib.loads(path.read_text())["problem"]]


def render(gateway: "Gateway", folder: Path, source: Path) -> None:
    """Write the gateway's files into `folder`, in which Envoy then looks for them."""
    table = Table.read(source / "table.toml")
    table = replace(table, own_cells={**table.own_cells, **gateway.own_cells})
    facts = {
        "gateway": gateway,
        "folder": str(folder.absolute()),
        "body_limit": BODY_LIMIT,
        "keys_address": _address_of(gateway.jwks_url),
        "problems": read_problems(source / "problems.toml"),
        "published": publish(folder.absolute() / "catalogue"),
        "routes": routes(table),
        "clusters": clusters(table, gateway.upstreams),
    }
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(source), undefined=jinja2.StrictUndefined, autoescape=False
    )
    templates.filters["quoted"] = _quoted
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        template = templates.get_template(f"{name}.j2")
        version = hashlib.sha256(template.render(facts, version="").encode()).hexdigest()[:12]
        _put(folder / name, template.render(facts, version=version))


def _quoted(value: Any) -> str:
    """JSON, which is YAML on one line."""
    return json.dumps(value, ensure_ascii=False)


def _address_of(url: str) -> Address:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"the gateway fetches the issuer's keys by http, not from {url!r}")
    return Address(parts.hostname, parts.port or 80)


def _put(path: Path, text: str) -> None:
    """Envoy never sees a file that is written in place, and never half of one that is renamed."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)
