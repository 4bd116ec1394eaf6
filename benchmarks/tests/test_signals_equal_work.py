"""One short pair of each figure about signals: both sides did the same work; what is only told is told."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

ROOT = Path(__file__).parents[2]
PAIRED = (
    "relay",
    "consumer",
    "applied",
    "announcement",
    "signals-growth",
    "announcement-growth",
    "registrations-growth",
)
TOLD = {
    "rebuild": ("signals", "seconds"),
    "racers": ("seconds from first to last answer", "ms of the service's CPU for a registration", "MiB of the service"),
    "processes": (
        "events serve, seconds to ready",
        "analytics work, MiB at rest",
        "analytics work, MiB after 6,000 signals",
    ),
}


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """Every figure's part of the document, by name."""
    only = [word for name in (*PAIRED, *TOLD) for word in ("--only", name)]
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--json", "--pairs", "1", "--seconds", "0.2", "--warm-up", "0.2", *only],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr.decode()
    document = process.stdout[process.stdout.index(b"{\n") :]  # whatever libraries say goes before it
    return {figure["figure"]: figure for figure in orjson.loads(document)["figures"]}


@pytest.mark.parametrize("name", PAIRED)
def test_a_pair_is_of_equal_work(measured: dict[str, Any], name: str) -> None:
    [pair] = measured[name]["pairs"]

    assert pair["counts"]
    for side in (pair["bare"], pair["ours"]):
        assert side["errors"] == 0
        assert side["done"] == side["found"] > 0


@pytest.mark.parametrize("name", TOLD)
def test_what_has_no_other_side_is_told(measured: dict[str, Any], name: str) -> None:
    assert all(measured[name]["told"][what] > 0 for what in TOLD[name])
