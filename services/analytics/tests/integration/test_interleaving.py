"""What is kept, and every report of it, is a function of the set of signals, never of how topics interleave."""

import random

import asyncpg
import pytest
from analytics_house import (
    EVERYTHING,
    House,
    a_registration,
    a_telling,
    arrive_in_batches,
    event_id,
    named,
)
from analytics_life import a_life, everything, interleaved
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events_contracts import AttendanceRecorded, AttendanceWithdrawn, RegistrationConfirmed


async def wiped(house: House) -> House:
    owner = await asyncpg.connect(house.database.owner)
    await owner.execute(EVERYTHING)
    await owner.close()
    return house


@pytest.mark.parametrize("seed", range(6))
async def test_any_interleaving_gives_the_same_to_the_digit(empty_house: House, seed: int) -> None:
    records, chance = a_life(), random.Random(seed)
    await arrive_in_batches(empty_house.worker, records)
    in_order = await everything(empty_house.worker)

    await wiped(empty_house)
    await arrive_in_batches(empty_house.worker, interleaved(records, chance), size=chance.choice([1, 7, 500]))

    assert await everything(empty_house.worker) == in_order
    assert all(in_order.values())


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), size=st.sampled_from([1, 3, 50, 500]))
async def test_any_interleaving_at_all_gives_the_same_to_the_digit(empty_house: House, seed: int, size: int) -> None:
    await wiped(empty_house)
    records = a_life()
    await arrive_in_batches(empty_house.worker, records)
    in_order = await everything(empty_house.worker)

    await wiped(empty_house)
    await arrive_in_batches(empty_house.worker, interleaved(records, random.Random(seed)), size=size)

    assert await everything(empty_house.worker) == in_order


async def test_the_comparison_notices_one_missing_signal(empty_house: House) -> None:
    records = a_life()
    await arrive_in_batches(empty_house.worker, records)
    whole = await everything(empty_house.worker)

    await wiped(empty_house)
    missing = next(n for n, record in enumerate(records) if b"attendance-recorded" in (record.value or b""))
    await arrive_in_batches(empty_house.worker, records[:missing] + records[missing + 1 :])

    assert await everything(empty_house.worker) != whole


async def test_the_highest_version_stands_even_when_it_comes_first(house: House) -> None:
    confirmed, attended = a_registration(event_id(), named("person"), RegistrationConfirmed, AttendanceRecorded)

    await arrive_in_batches(house.worker, [attended, confirmed])

    async with house.worker.reading() as conn:
        row = await conn.fetchrow("SELECT version, attended_at IS NOT NULL AS attended FROM registrations")
    assert row is not None
    assert tuple(row) == (2, True)


async def test_a_check_in_that_was_undone_counts_for_nothing_in_whichever_order_it_is_told(house: House) -> None:
    confirmed, attended, undone = a_registration(
        event_id(), named("person"), RegistrationConfirmed, AttendanceRecorded, AttendanceWithdrawn
    )

    await arrive_in_batches(house.worker, [confirmed, undone, attended])

    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT attended_at FROM registrations") is None


async def test_only_the_announcement_counts_as_telling(house: House) -> None:
    await arrive_in_batches(
        house.worker,
        [
            a_telling(event_id(), named("person"), kind="registration-confirmed"),
            a_telling(event_id(), named("person"), event_id=None),
        ],
    )

    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM tellings") == 0
