"""A service of the release before this one, taken from the project's history, to run beside today's."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from guildhall_local import environment, processes
from guildhall_local.instance import HOST, PROJECT, Instance
from guildhall_local.spec import ProcessSpec, answers_http

COMMIT = "afcc90f2835ae59e003940879094219db6e0a55e"
"""The last of the release before: moved on with each release, and never to one whose schema is the same as today's."""

SERVICE = "events"
PARTS = (
    f"services/{SERVICE}",
    "services/events/contracts",
    "services/membership/contracts",
    "shared/access",
    "shared/servicekit",
)
"""What a service runs on of ours, each the folder of a package; libraries are today's."""
OFFSET = 5
"""Of its ports, above those of today's first service of a cell's own."""


def unpacked(folder: Path) -> Path:
    """The release's own files. A clone without the history has to fetch it: `git fetch --unshallow`."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = subprocess.run(["git", "archive", COMMIT, *PARTS], cwd=PROJECT, capture_output=True, check=False)
    assert archive.returncode == 0, f"the release before is not in the history: {archive.stderr.decode()}"
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


def port(instance: Instance, process: str) -> int:
    first = {environment.SERVE: instance.port_base + 31, environment.WORK: instance.port_base + 41}
    return first[process] + OFFSET


def name(process: str) -> str:
    return f"{SERVICE}-previous-{process}"


def beside(instance: Instance, today: Iterable[ProcessSpec]) -> list[ProcessSpec]:
    """Today's stack, with the release before of one service: on the same database, in the same consumer groups, and
    behind the same gateway, which takes them in turn."""
    folder = unpacked(instance.state / "previous")
    both = [f"{HOST}:{instance.ports[f'{SERVICE}-serve']}", f"{HOST}:{port(instance, environment.SERVE)}"]
    front = processes.gateway(instance)
    front = replace(front, upstreams={**front.upstreams, SERVICE: both})
    specs = {spec.name: spec for spec in today}
    for process in (environment.SERVE, environment.WORK):
        specs[name(process)] = _older(instance, specs[f"{SERVICE}-{process}"], process, folder)
    gateway = specs["gateway"]
    specs["gateway"] = replace(gateway, prepare=front.prepare, needs=(*gateway.needs, name(environment.SERVE)))
    return list(specs.values())


def _older(instance: Instance, today: ProcessSpec, process: str, folder: Path) -> ProcessSpec:
    listening = {"HTTP_PORT" if process == environment.SERVE else "WORK_PORT": str(port(instance, process))}
    path = {"PYTHONPATH": os.pathsep.join(str(folder / part) for part in PARTS)}
    return replace(
        today,
        name=name(process),
        environment={**today.environment, **listening, **path},
        folder=folder,
        ready=answers_http(port(instance, process)),
    )
