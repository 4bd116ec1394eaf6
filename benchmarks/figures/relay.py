"""Signals a second from the outbox to the broker, until the last is marked sent."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg

from benchmarks.bare import relay as bare
from benchmarks.figure import Figure, Plan, Result, Run, in_pairs
from benchmarks.signals import topics
from benchmarks.signals.prepared import TOPIC, Prepared, confirmations
from benchmarks.stage import Stage
from events_contracts import RegistrationConfirmed
from events_service.consumers import CONSUMERS
from events_service.schema import SCHEMA
from servicekit.envelope import CONTENT_TYPE
from servicekit.outbox.relay import Relay
from servicekit.testing import databases
from servicekit.testing.databases import TestDatabase
from servicekit.testing.patience import eventually

EACH_SECOND = 10_000
"""So many signals are sent for each second of the plan: 100,000 as a rule."""
WARM_UP = 2_000
PATIENCE = 300.0
COLUMNS = ["id", "topic", "key", "type", "subject", "version", "body", "published_at"]


async def measure(stage: Stage, plan: Plan) -> Result:
    count = int(EACH_SECOND * plan.seconds)
    warm_up, prepared = list(confirmations(WARM_UP)), list(confirmations(count))
    pairs = await in_pairs(
        lambda: _bare(stage, warm_up, prepared), lambda: _ours(stage, warm_up, prepared), pairs=plan.pairs
    )
    return Result(figure="relay", unit="signals/s", goal=0.6, pairs=pairs)


async def _bare(stage: Stage, warm_up: Sequence[Prepared], prepared: Sequence[Prepared]) -> Run:
    async with topics.fresh(stage, only=[TOPIC]) as cells:
        seconds = await bare.send(
            stage.kafka.bootstrap, cells.prefix + TOPIC, _as_records(warm_up), _as_records(prepared)
        )
        found = await topics.records_on(stage, cells, TOPIC) - len(warm_up)
    return Run(rate=len(prepared) / seconds, done=len(prepared), found=found)


def _as_records(prepared: Sequence[Prepared]) -> bare.Prepared:
    """With the same headers that ours bear."""
    return [
        (
            one.key.encode(),
            one.body,
            [
                ("id", str(one.id).encode()),
                ("type", RegistrationConfirmed.type.encode()),
                ("version", b"1"),
                ("content-type", CONTENT_TYPE.encode()),
            ],
        )
        for one in prepared
    ]


async def _ours(stage: Stage, warm_up: Sequence[Prepared], prepared: Sequence[Prepared]) -> Run:
    async with (
        topics.fresh(stage, only=[TOPIC]) as cells,
        databases.fresh(stage.postgres.admin_dsn, "events", SCHEMA, CONSUMERS) as database,
    ):
        sending = Relay(dsn=database.worker, bootstrap=stage.kafka.bootstrap, prefix=cells.prefix)
        task = asyncio.create_task(sending.run())
        try:
            seconds, marked = await _drain(database, warm_up, prepared)
        finally:
            sending.stopping.set()
            await task
        found = await topics.records_on(stage, cells, TOPIC) - len(warm_up)
    done = len(prepared)
    return Run(rate=done / seconds, done=done, found=found if marked == done + len(warm_up) else -1)


async def _drain(
    database: TestDatabase, warm_up: Sequence[Prepared], prepared: Sequence[Prepared]
) -> tuple[float, int]:
    """Seconds from letting the relay go to the last row's being marked, and how many are."""
    conn = await asyncpg.connect(database.admin)
    try:
        await _insert(conn, warm_up)
        await _until_none_is_unsent(conn)
        await _hold(conn, held=True)
        await _insert(conn, prepared)
        await conn.execute("VACUUM (ANALYZE) servicekit.outbox")
        await conn.execute("CHECKPOINT")
        began = time.perf_counter()
        await _hold(conn, held=False)
        await _until_none_is_unsent(conn)
        seconds = time.perf_counter() - began
        return seconds, await conn.fetchval("SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NOT NULL")
    finally:
        await conn.close()


async def _insert(conn: "asyncpg.Connection[asyncpg.Record]", prepared: Sequence[Prepared]) -> None:
    now = datetime.now(UTC)
    await conn.copy_records_to_table(
        "outbox",
        schema_name="servicekit",
        columns=COLUMNS,
        records=[(p.id, TOPIC, p.key, RegistrationConfirmed.type, p.subject, 1, p.body, now) for p in prepared],
    )


async def _hold(conn: "asyncpg.Connection[asyncpg.Record]", *, held: bool) -> None:
    await conn.execute("UPDATE servicekit.switches SET is_on = $1 WHERE name = 'relay-held'", held)


async def _until_none_is_unsent(conn: "asyncpg.Connection[asyncpg.Record]") -> None:
    async def all_sent() -> bool:
        return not await conn.fetchval("SELECT EXISTS (SELECT FROM servicekit.outbox WHERE sent_at IS NULL)")

    await eventually(all_sent, within=PATIENCE)


FIGURE = Figure(name="relay", measure=measure)
