"""Who answers what: deploy/gateway/table.toml as routes and clusters, in the order of their trial."""

import ipaddress
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guildhall_local.instance import SERVICES

STREAMS = ".streams"


@dataclass(frozen=True, slots=True)
class Table:
    """The file as it stands."""

    paths: Mapping[str, str]
    in_a_cell: Mapping[str, str]
    streams_in_a_cell: Mapping[str, str]
    public_in_a_cell: Mapping[str, str]
    body_limits: Mapping[str, int]
    own_cells: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, path: Path) -> "Table":
        return cls(**tomllib.loads(path.read_text()))


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"{text!r} is not host:port")
        return cls(host.strip("[]"), int(port))

    @property
    def is_literal(self) -> bool:
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    match: Mapping[str, Any]
    """Envoy's RouteMatch."""
    cluster: str
    public: bool = False
    stream: bool = False
    body_limit: int | None = None
    rewrite: str | None = None
    shown_as: str | None = None
    """What the log says in place of a path that holds a secret."""


@dataclass(frozen=True, slots=True)
class Cluster:
    name: str
    addresses: Sequence[Address]


def routes(table: Table) -> list[Route]:
    """The first that matches is taken, so a cell of its own stands before every cell."""
    return [
        *(_definition(service) for service in SERVICES),
        *(route for cell, services in table.own_cells.items() for route in _of_one_cell(table, cell, services)),
        *_of_every_cell(table),
        *(
            Route(match=_below(path), cluster=service, body_limit=table.body_limits.get(path))
            for path, service in table.paths.items()
        ),
    ]


def _definition(service: str) -> Route:
    return Route(
        match={"path": f"/api/v1/{service}/openapi.json"},
        cluster=service,
        public=True,
        rewrite="/openapi.json",
    )


def _of_one_cell(table: Table, cell: str, own: Mapping[str, str]) -> Iterator[Route]:
    for pattern, service in table.public_in_a_cell.items():
        if service in own:
            yield _public(cell, pattern, cluster=f"{service}.{cell}")
    for word, service, stream in _words(table):
        if service in own:
            cluster = f"{service}.{cell}{STREAMS if stream else ''}"
            yield Route(match=_below(f"/api/v1/cells/{cell}/{word}"), cluster=cluster, stream=stream)


def _of_every_cell(table: Table) -> Iterator[Route]:
    for pattern, service in table.public_in_a_cell.items():
        yield _public("[^/]+", pattern, cluster=service)
    for word, service, stream in _words(table):
        pattern = f"/api/v1/cells/[^/]+/{word}(/.*)?"
        cluster = f"{service}{STREAMS if stream else ''}"
        yield Route(match={"safe_regex": {"regex": pattern}}, cluster=cluster, stream=stream)


def _words(table: Table) -> Iterator[tuple[str, str, bool]]:
    """What may stand after a cell, the service that answers it, and whether it is a stream; streams first."""
    yield from ((word, service, True) for word, service in table.streams_in_a_cell.items())
    yield from ((word, service, False) for word, service in table.in_a_cell.items())


def _public(cell: str, pattern: str, *, cluster: str) -> Route:
    """Paths whose secret is the right to them; a star stands for it."""
    path = re.escape(pattern).replace(r"\*", "[^/]+")
    return Route(
        match={"safe_regex": {"regex": f"/api/v1/cells/{cell}/{path}"}},
        cluster=cluster,
        public=True,
        shown_as=f"/api/v1/cells/-/{pattern}",
    )


def _below(path: str) -> Mapping[str, str]:
    return {"path_separated_prefix": path}


def clusters(table: Table, upstreams: Mapping[str, Sequence[str]]) -> list[Cluster]:
    """The common deployment's, and those of the cells that left it; one more for each that has streams."""
    places: dict[str, Sequence[str]] = {service: upstreams[service] for service in SERVICES}
    for cell, services in table.own_cells.items():
        places |= {f"{service}.{cell}": [address] for service, address in services.items()}
    streaming = set(table.streams_in_a_cell.values())
    return [
        Cluster(name + suffix, [Address.parse(address) for address in addresses])
        for name, addresses in places.items()
        for suffix in (("", STREAMS) if name.partition(".")[0] in streaming else ("",))
    ]
