"""Answers that are kept for a repeated request go when their time is over, though nobody comes again."""

import asyncio
from datetime import timedelta

import pytest

from servicekit import clock, idempotency
from servicekit.database import Database
from servicekit.testing import eventually


async def test_the_old_ones_go_a_few_at_a_time_and_the_others_stay(
    worker: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "FORGOTTEN_AT_ONCE", 2)
    await keep(worker, *(f"old {number}" for number in range(5)), age=timedelta(hours=49))
    await keep(worker, "new", age=timedelta(hours=47))
    stopping = asyncio.Event()
    letting_go = asyncio.create_task(idempotency.let_go(worker, stopping))

    async def only_the_new_one() -> bool:
        return await kept(worker) == ["new"]

    await eventually(only_the_new_one)
    stopping.set()
    await letting_go


async def keep(worker: Database, *keys: str, age: timedelta) -> None:
    async with worker.transaction() as conn:
        await conn.executemany(
            """
            INSERT INTO servicekit.idempotency_keys (caller, route, key, body_hash, status, body, headers, at)
            VALUES ('nora', 'POST /notes', $1, '', 201, '{}', '{}', $2)
            """,
            [(key, clock.now() - age) for key in keys],
        )


async def kept(worker: Database) -> list[str]:
    async with worker.reading() as conn:
        return [row["key"] for row in await conn.fetch("SELECT key FROM servicekit.idempotency_keys ORDER BY key")]
