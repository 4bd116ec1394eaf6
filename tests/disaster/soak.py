"""Twenty minutes of load, most of it on a few: no process of a service goes on growing.

Run by `make soak`, since it takes its time: SOAK_MINUTES says how long.
"""

import asyncio
import os
from pathlib import Path

import pytest
from figures import Figures
from growth import grown, sampled
from whole_stack import whole_stack
from workload.ground import found
from workload.play import play

from guildhall_local import status
from guildhall_local.instance import SERVICES, Instance

MINUTES = int(os.environ.get("SOAK_MINUTES") or 20)
GROWS_AT_MOST = 2.0
"""MiB."""
OURS = tuple(f"{service}-{process}" for service in SERVICES for process in ("serve", "work"))


@pytest.mark.faults
async def test_no_process_goes_on_growing(tmp_path: Path, seed: int, figures: Figures) -> None:
    with whole_stack(tmp_path / "guildhall") as instance:
        await found(instance, people_count=60)
        marks = {name: mark.pid for name, mark in running(instance).items()}
        ended = asyncio.Event()
        sampling = asyncio.create_task(sampled(marks, ended))
        await play(instance, seed=seed, seconds=MINUTES * 60, history=tmp_path / "history.jsonl", races=2)
        ended.set()
        samples = await sampling
        assert {name: mark.pid for name, mark in running(instance).items()} == marks, "a process was started again"

    missed = []
    for name in OURS:
        try:
            figures.say("memory", f"{name} grew by", grown(samples, name), "MiB", at_most=GROWS_AT_MOST)
        except AssertionError as error:
            missed.append(str(error))
        figures.say("memory", f"{name} holds", samples[-1][1][name], "MiB")
    assert not missed


def running(instance: Instance) -> dict[str, status.Mark]:
    now = status.read_alive(instance)
    assert now is not None
    return {process.name: process.mark for process in now.processes if process.name in OURS and process.mark}
