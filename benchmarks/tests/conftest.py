"""The benchmarks, run in a moment as their users run them."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

ROOT = Path(__file__).parents[2]

Measure = Callable[[Sequence[str], float], dict[str, Any]]


@pytest.fixture(scope="session")
def measure() -> Measure:
    """Figures' names and seconds a side, to each figure's part of the document."""

    def run(figures: Sequence[str], seconds: float) -> dict[str, Any]:
        only = [word for name in figures for word in ("--only", name)]
        short = ["--pairs", "1", "--seconds", str(seconds), "--warm-up", "0.2"]
        process = subprocess.run(
            [sys.executable, "-m", "benchmarks", "--json", *short, *only],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=False,
        )
        assert process.returncode == 0, process.stderr.decode()
        document = process.stdout[process.stdout.index(b"{\n") :]  # whatever libraries say goes before it
        return {figure["figure"]: figure for figure in orjson.loads(document)["figures"]}

    return run
