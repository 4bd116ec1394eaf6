"""Where the gateway leads each path, read from the very file that Envoy is given."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from guildhall_local.gateway.envoy import Gateway
from guildhall_local.gateway.render import SOURCE
from guildhall_local.instance import HOST, SERVICES

TOKENS = "envoy.filters.http.jwt_authn"


@dataclass(frozen=True, slots=True)
class Way:
    """service: whose instances answer; the gateway itself where it is empty."""

    service: str
    is_public: bool
    """Whether no token is asked for."""


NOWHERE = Way("nobody", is_public=False)


@dataclass(frozen=True, slots=True)
class WaysIn:
    routes: Sequence[Mapping[str, Any]]

    def way(self, path: str) -> Way:
        """The first that matches, as Envoy takes it."""
        found = self.route(path)
        return _way(found) if found else NOWHERE

    def route(self, path: str) -> Mapping[str, Any] | None:
        return next((route for route in self.routes if _matches(route["match"], path)), None)


def ways_in(folder: Path, source: Path = SOURCE) -> WaysIn:
    """folder: where the gateway's files are written. source: its table and templates."""
    Gateway(
        folder=folder,
        port=1,
        admin_port=2,
        issuer="http://issuer",
        jwks_url="http://issuer/jwks.json",
        upstreams={name: [f"{HOST}:3"] for name in SERVICES},
        source=source,
    ).prepare()
    [table] = yaml.safe_load((folder / "routes.yaml").read_text())["resources"]
    [host] = table["virtual_hosts"]
    return WaysIn(host["routes"])


def _way(route: Mapping[str, Any]) -> Way:
    cluster = route.get("route", {}).get("cluster", "")
    asks = route.get("typed_per_filter_config", {}).get(TOKENS, {}).get("requirement_name")
    return Way(cluster.partition(".")[0], is_public=asks == "anybody")


def _matches(match: Mapping[str, Any], path: str) -> bool:
    """By the three kinds of match that the templates write; another is a KeyError."""
    if "path" in match:
        return bool(match["path"] == path)
    if "path_separated_prefix" in match:
        below = match["path_separated_prefix"]
        return path == below or path.startswith(f"{below}/")
    return re.fullmatch(match["safe_regex"]["regex"], path) is not None
