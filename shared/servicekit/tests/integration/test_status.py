"""`status` says how a service is: what is behind, what waits, what last went wrong; and what is away."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from notes_process import Work, environment
from notes_stack import Stack, has

from servicekit.consumers.rebuild import REBUILD_LOCK
from servicekit.ids import new_id
from servicekit.outbox import ledger
from servicekit.testing import eventually


@pytest.fixture
async def console(stack: Stack, cells_file: Path, unused_tcp_port: int) -> AsyncIterator[Work]:
    told = environment(stack.notes, stack.kafka, stack.cells, cells_file, unused_tcp_port) | {"CELLS": "midlands"}
    work = Work(told, unused_tcp_port)
    yield work
    await work.kill()


async def looked(console: Work, *, status: int = 0) -> Any:
    ended, said = await console.said("status", "--json")
    assert ended == status, said
    return orjson.loads(said)


def at_rest(group: str) -> dict[str, Any]:
    """What is shown beside the instant and the schema's steps, once one signal has been applied."""
    return {
        "service": "notes",
        "release": "unknown",
        "cells": ["midlands"],
        "reads": ["national", "midlands"],
        "database": {"answers": True, "error": None},
        "broker": {"answers": True, "error": None},
        "schema_current": True,
        "projections": [{"name": "projection", "active": "a", "epoch": 1, "rebuilding": False}],
        "outbox": {"unsent": 0, "oldest_unsent_seconds": None, "held": False, "republishing": False, "by_cell": {}},
        "consumers": [
            {
                "name": "notes",
                "projection": "projection",
                "group": group,
                "lag": 0,
                "lag_by_cell": {"midlands": 0, "national": 0},
                "parked_subjects": 0,
                "parked_deliveries": 0,
                "partitions": [
                    {"topic": "midlands.notes", "cell": "midlands", "partition": 0, "applied": 1, "end": 1, "lag": 0},
                    {"topic": "national.notes", "cell": "national", "partition": 0, "applied": 0, "end": 0, "lag": 0},
                ],
            }
        ],
        "parked_subjects": 0,
        "jobs": {},
        "timers": {},
        "last_error": None,
        "errors": [],
        "troubles": [],
    }


async def test_a_service_at_rest_is_shown_whole(stack: Stack, console: Work) -> None:
    stack.relay()
    consumption = await stack.consume()
    note = new_id()
    await stack.write(note, "x")
    await eventually(lambda: has(stack, note, 1))
    await stack.stop()

    seen = await looked(console)

    assert seen.pop("at").endswith("Z")
    steps = {step["schema"]: step for step in seen.pop("schema")}
    assert set(steps) == {"public", "projection_a", "projection_b"}
    assert all(step["applied"] >= step["expected"] and step["missing"] == 0 for step in steps.values())
    assert seen == at_rest(consumption.group)
    assert (await console.said("status"))[0] == 0


async def test_what_is_behind_and_what_waits_is_counted(stack: Stack, console: Work) -> None:
    stack.relay()
    for _ in range(3):
        await stack.write(new_id(), "x")
    await eventually(lambda: nothing_is_unsent(stack))
    await stack.stop()
    async with stack.db.transaction() as conn:
        await ledger.hold(conn, held=True)
        await conn.execute("SELECT pg_advisory_xact_lock($1, hashtext('projection'))", REBUILD_LOCK)
        await stack.write(new_id(), "held")
        await stack.write(new_id(), "held")
        held = await looked(console)
    after = await looked(console, status=1)

    assert held["projections"][0]["rebuilding"] is True
    assert after["projections"][0]["rebuilding"] is False
    assert (after["consumers"][0]["lag"], after["consumers"][0]["lag_by_cell"]["midlands"]) == (3, 3)
    assert (after["outbox"]["unsent"], after["outbox"]["by_cell"]) == (2, {"midlands": 2})
    assert 0 <= after["outbox"]["oldest_unsent_seconds"] < 60
    assert after["outbox"]["held"] is True
    assert after["troubles"] == ["the relay is held back by its switch"]


async def nothing_is_unsent(stack: Stack) -> bool:
    async with stack.db.transaction() as conn:
        return await ledger.count_unsent(conn) == 0


async def test_the_last_error_is_kept_and_figures_are_measured(stack: Stack, console: Work) -> None:
    command = Work(console.environment, console.port)
    await console.start()
    await eventually(console.ready)
    note = new_id()
    await stack.write(note, "poison")

    async def is_kept() -> bool:
        async with stack.db.transaction() as conn:
            return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM servicekit.last_errors)"))

    await eventually(is_kept)
    seen = await looked(command, status=1)
    async with httpx.AsyncClient() as http:
        page = await http.get(f"http://127.0.0.1:{console.port}/status?new=true")

    assert page.json() | {"at": seen["at"]} == seen
    assert page.json()["at"] >= seen["at"]
    assert seen["last_error"] == seen["errors"][0]
    assert (seen["last_error"]["process"], seen["last_error"]["event"]) == ("work", "consumer.parked")
    assert (seen["last_error"]["error"], seen["last_error"]["times"]) == ("Poison", 1)
    assert seen["troubles"] == ["1 subjects are parked: see parked list"]
    await eventually(lambda: figures_are_there(console.port), within=20)
    await console.end(signal.SIGTERM)


async def figures_are_there(port: int) -> bool:
    async with httpx.AsyncClient() as http:
        text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    for line in (
        'guildhall_parked_subjects{consumer="notes"} 1.0',
        'guildhall_projection_epoch{projection="projection"} 1.0',
        'guildhall_migrations_missing{schema="public"} 0.0',
        'guildhall_release_info{release="unknown",service="notes"} 1.0',
        "guildhall_outbox_oldest_unsent_seconds 0.0",
        'guildhall_consumer_lag{consumer="notes",partition="0",topic="national.notes"} 0.0',
        'guildhall_log_errors_total{event="consumer.parked",level="error"} 1.0',
    ):
        assert line in text
    return True


async def test_a_process_that_ends_in_an_error_leaves_word(stack: Stack, console: Work) -> None:
    await console.start()
    await eventually(console.ready)
    stack.relay()
    for _ in range(25):
        await stack.write(new_id(), "poison")
    await console.process.communicate()

    async with stack.db.transaction() as conn:
        error = await conn.fetchval("SELECT error FROM servicekit.last_errors WHERE event = 'process.failed'")
    assert error == "TooManyParked"


@pytest.mark.parametrize(
    ("away", "trouble"),
    [
        ({"KAFKA_BOOTSTRAP": "127.0.0.1:1"}, "Kafka does not answer (KafkaConnectionError)"),
        ({"WORKER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}, "the database does not answer"),
    ],
)
async def test_what_is_away_is_said_and_the_rest_is_told(console: Work, away: dict[str, str], trouble: str) -> None:
    console.environment |= away

    seen = await looked(console, status=1)

    assert [one for one in seen["troubles"] if one.startswith(trouble)] == seen["troubles"]
    assert seen["schema_current"] is (True if "KAFKA_BOOTSTRAP" in away else None)


async def test_a_stale_schema_is_named(stack: Stack, console: Work) -> None:
    owner = await asyncpg.connect(stack.notes.owner)
    await owner.execute("DELETE FROM schema_migrations")
    await owner.close()

    seen = await looked(console, status=1)

    assert seen["schema_current"] is False
    assert len(seen["troubles"]) == 1
    assert seen["troubles"][0].endswith("migrations of this release: run migrate")
