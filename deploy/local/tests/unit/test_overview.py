"""What `guildhall status` shows: the shape that programs may rely on, and what a person sees, wide and narrow."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from guildhall_local import overview, overview_screen
from guildhall_local.instance import Instance
from guildhall_local.overview import Overview, ServiceOverview
from guildhall_local.status import Phase, ProcessStatus, State
from servicekit.status import Status
from servicekit.status.picture import Answering, ConsumerStatus, LastError, Outbox, Projection, SchemaStep

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def a_picture(**given: Any) -> Status:
    usual: dict[str, Any] = {
        "service": "events",
        "release": "1.4.0",
        "at": NOON,
        "cells": ["national", "midlands"],
        "reads": ["national", "midlands"],
        "database": Answering(answers=True),
        "broker": Answering(answers=True),
        "schema_current": True,
        "schema": [
            SchemaStep(schema="public", folder="migrations", applied="0007", expected="0007", missing=0, newer=0)
        ],
        "projections": [Projection(name="access", active="b", epoch=4, rebuilding=False)],
        "outbox": Outbox(unsent=0, oldest_unsent_seconds=None, held=False, republishing=False, by_cell={}),
        "consumers": [a_consumer(lag=0, lag_by_cell={})],
        "parked_subjects": 0,
        "jobs": {},
        "timers": {},
        "last_error": None,
        "errors": [],
    }
    return Status(**{**usual, **given})


def a_consumer(*, lag: int | None, lag_by_cell: dict[str, int]) -> ConsumerStatus:
    return ConsumerStatus(
        name="access",
        projection="access",
        group="g",
        lag=lag,
        lag_by_cell=lag_by_cell,
        parked_subjects=0,
        parked_deliveries=0,
        partitions=[],
    )


def of_service(told: Status | None, **given: Any) -> ServiceOverview:
    usual: dict[str, Any] = {"name": "events", "told_by": "work", "told": told, "troubles": []}
    return ServiceOverview(**usual | given)


def an_overview(*services: ServiceOverview, **given: Any) -> Overview:
    process = ProcessStatus(name="events-work", state=State.READY, since=NOON)
    usual: dict[str, Any] = {"phase": Phase.READY, "processes": [process], "services": services, "troubles": []}
    return Overview(up=True, **usual | given)


def seen(told: Overview, tmp_path: Path, *, width: int) -> str:
    screen = io.StringIO()
    overview_screen.show(Console(file=screen, width=width), Instance(state=tmp_path), told)
    return screen.getvalue()


def test_the_written_schema_is_that_of_what_is_printed() -> None:
    assert overview.SCHEMA.read_text() == overview.schema()


@pytest.mark.parametrize("width", [150, 60])
def test_a_service_is_shown_with_all_that_operators_ask_for(tmp_path: Path, width: int) -> None:
    told = a_picture(
        schema_current=False,
        schema=[SchemaStep(schema="public", folder="migrations", applied="0006", expected="0007", missing=1, newer=0)],
        outbox=Outbox(unsent=12, oldest_unsent_seconds=90.4, held=True, republishing=False, by_cell={"midlands": 12}),
        consumers=[a_consumer(lag=7, lag_by_cell={"national": 7})],
        parked_subjects=2,
        last_error=LastError(process="work", event="relay.failed", error="[Errno 111]", at=NOON, times=3),
    )

    shown = seen(an_overview(of_service(told), troubles=["events: [2] subjects"]), tmp_path, width=width)

    for part in ("events", "1.4.0", "0006", "0007", "lacks 1", "access 4", "12 (90 s)", "held", "relay.failed"):
        assert part in shown
    assert "[Errno 111]" in " ".join(shown.split())
    assert ["events", "national", "7", "0"] in [line.split() for line in shown.splitlines()]
    assert ["events", "midlands", "0", "12"] in [line.split() for line in shown.splitlines()]
    assert shown.splitlines()[-1] == "! events: [2] subjects"
    assert max(len(line) for line in shown.splitlines()) <= width


@pytest.mark.parametrize("width", [150, 60])
def test_what_nobody_told_is_no_zero(tmp_path: Path, width: int) -> None:
    deaf = a_picture(
        outbox=None, consumers=[a_consumer(lag=None, lag_by_cell={})], parked_subjects=None, schema_current=None
    )
    dead = of_service(None, name="analytics", told_by=None, silence="it has ended")

    shown = seen(an_overview(of_service(deaf), dead), tmp_path, width=width)

    assert shown.count("unknown") >= 4
    assert "analytics" in shown
    assert "no answer" in shown
    assert "Nothing waits in any cell." in shown


async def test_a_stack_that_is_not_up_is_a_trouble(tmp_path: Path) -> None:
    told = await overview.look(Instance(state=tmp_path))

    assert (told.up, told.phase, told.services) == (False, None, [])
    assert told.troubles == ["Guildhall is not up."]
    assert orjson.loads(told.model_dump_json())["processes"] == []
