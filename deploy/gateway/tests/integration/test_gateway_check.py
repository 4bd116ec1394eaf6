"""Our check finds what Envoy's own validation, blind to the watched files, would let into production."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from guildhall_local.gateway import Gateway, check
from guildhall_local.gateway.envoy import binary
from guildhall_local.gateway.render import SOURCE
from guildhall_local.instance import SERVICES
from guildhall_local.obstacle import Obstacle

Change = Callable[[str, str, str], Path]


def rendered(folder: Path, source: Path = SOURCE) -> Gateway:
    gateway = Gateway(
        folder=folder,
        port=7400,
        admin_port=7407,
        issuer="https://sign-in.example",
        jwks_url="http://127.0.0.1:7401/jwks.json",
        upstreams={service: ["127.0.0.1:7411"] for service in SERVICES},
        source=source,
    )
    gateway.prepare()
    return gateway


def test_the_files_as_they_stand_are_in_order(tmp_path: Path) -> None:
    check(rendered(tmp_path).folder)


@pytest.mark.parametrize(
    ("name", "passage", "instead", "complaint"),
    [
        ("routes.yaml.j2", "idle_timeout: 0s", "idel_timeout: 0s", "idel_timeout"),
        ("clusters.yaml.j2", "no_traffic_interval", "no_trafic_interval", "no_trafic_interval"),
        ("table.toml", 'reports = "analytics"', 'reports = "analytic"', "unknown cluster 'analytic'"),
        ("table.toml", "reports =", '"(reports" =', "missing \\)"),
        ("routes.yaml.j2", "requirement_name: anybody", "requirement_name: anyone", "'anyone'"),
    ],
)
def test_a_mistake_in_a_watched_file_is_found(
    tmp_path: Path, changed: Change, name: str, passage: str, instead: str, complaint: str
) -> None:
    gateway = rendered(tmp_path / "state", source=changed(name, passage, instead))

    with pytest.raises(Obstacle, match=complaint):
        check(gateway.folder)


def test_envoys_own_validation_does_not_find_it(tmp_path: Path, changed: Change) -> None:
    source = changed("routes.yaml.j2", "idle_timeout: 0s", "idel_timeout: 0s")
    gateway = rendered(tmp_path / "state", source=source)

    validated = subprocess.run(
        [binary(), "--mode", "validate", "-c", gateway.bootstrap], capture_output=True, check=False
    )

    assert validated.returncode == 0
