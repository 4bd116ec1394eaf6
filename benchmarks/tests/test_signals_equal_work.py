"""One short pair of each figure about signals: both sides did the same work; what is only told is told."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

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
def measured(measure: Callable[[Sequence[str], float], dict[str, Any]]) -> dict[str, Any]:
    return measure([*PAIRED, *TOLD], 0.2)


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
