"""The stack from images, held without running it: its schema, its images, and the same names as the native stack's."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from house import ROOT, SERVICES, service

from guildhall_local import environment
from guildhall_local.environment import FOUND, MIGRATE, SERVE, WORK
from guildhall_local.kafka import Broker

COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILES = sorted([*ROOT.glob("services/*/Dockerfile"), *ROOT.glob("deploy/*/Dockerfile")])
PYTHON_ONLY = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
NATIVE_ONLY = {"listeners", "advertised.listeners", "controller.quorum.bootstrap.servers", "log.dirs"}
"""Where the broker is: another in a container, and found by voters, as its image wants it."""


@cache
def compose() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return services


def given_by_image(name: str) -> set[str]:
    text = (ROOT / "services" / name / "Dockerfile").read_text()
    return set(re.findall(r"(?:^ENV |^    )([A-Z_]+)=", text, flags=re.MULTILINE)) - PYTHON_ONLY


def test_compose_takes_the_file() -> None:
    judged = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True,
        text=True,
        check=False,
    )

    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_an_image_is_built_as_it_should_be(dockerfile: Path) -> None:
    judged = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), dockerfile], capture_output=True, text=True, check=False
    )

    assert judged.stdout == ""
    text = dockerfile.read_text()
    assert "-slim-" in text.splitlines()[-1] or re.search(r"^FROM \S+-slim-\S+$", text, flags=re.MULTILINE)
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, flags=re.MULTILINE)


def test_every_service_has_an_image() -> None:
    assert {path.parent.name for path in DOCKERFILES} == {*SERVICES, "local"}


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_holds_every_package_that_its_service_needs(name: str) -> None:
    """A package that is copied and not installed, or the other way round, would fail only when the image is built."""
    text = (ROOT / "services" / name / "Dockerfile").read_text()
    needed = (ROOT / "services" / name / "pyproject.toml").read_text()
    contracts = {f"./services/{other}/contracts" for other in SERVICES if f'"{other}-contracts"' in needed}

    installed = set(re.findall(r"^    '?(\./[\w/]+)\S*(?: \\)?$", text, flags=re.MULTILINE))

    assert installed == {"./shared/servicekit", "./shared/access", f"./services/{name}", *contracts}
    assert set(re.findall(r"^COPY (services/\w+/contracts) ", text, flags=re.MULTILINE)) == {
        path.removeprefix("./") for path in contracts
    }


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("process", [FOUND, MIGRATE, SERVE, WORK])
def test_a_process_is_told_the_same_names_as_natively(name: str, process: str) -> None:
    told = set(compose()[f"{name}-{process}"]["environment"])
    image = given_by_image(name)

    assert told - image == set(environment.names(name, process)) - image


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_knows_every_name_that_it_is_told(name: str) -> None:
    known = {field.upper() for field in service(name).settings.model_fields}
    told = set().union(*(compose()[f"{name}-{process}"]["environment"] for process in (FOUND, MIGRATE, SERVE, WORK)))

    assert told | given_by_image(name) <= known


def test_what_is_ours_runs_read_only_and_without_privileges() -> None:
    ours = {name: process for name, process in compose().items() if process["image"].startswith("guildhall-")}

    assert len(ours) == 4 * len(SERVICES) + 5
    assert [name for name, process in ours.items() if not process["read_only"]] == []
    assert [name for name, process in ours.items() if process["cap_drop"] != ["ALL"]] == []
    assert [name for name, process in ours.items() if process["security_opt"] != ["no-new-privileges:true"]] == []


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [port for process in compose().values() for port in process.get("ports", [])]

    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_the_broker_is_set_as_natively(tmp_path: Path) -> None:
    natively = Broker(folder=tmp_path, port=9092, controller_port=9093, cache=tmp_path).settings()
    told = {
        name.removeprefix("KAFKA_").replace("_", ".").lower(): value
        for name, value in compose()["kafka"]["environment"].items()
        if name.startswith("KAFKA_")
    }

    assert {name: told.get(name) for name in natively.keys() - NATIVE_ONLY} == {
        name: value for name, value in natively.items() if name not in NATIVE_ONLY
    }


def test_keycloak_knows_the_same_people_and_the_audience() -> None:
    realm = json.loads((ROOT / "deploy/keycloak/guildhall-realm.json").read_text())
    cast = json.loads((ROOT / "deploy/local/guildhall_local/provider/cast.json").read_text())

    assert {user["username"]: user["email"] for user in realm["users"]} == {one["sub"]: one["email"] for one in cast}
    assert realm["defaultSignatureAlgorithm"] == "ES256"
    for client in realm["clients"]:
        [audience] = [
            mapper["config"]["included.custom.audience"]
            for mapper in client["protocolMappers"]
            if mapper["protocolMapper"] == "oidc-audience-mapper"
        ]
        assert audience == "guildhall"
