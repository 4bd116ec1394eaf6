"""What is kept, and every report of it, is a function of the set of signals, never of how topics interleave."""

import random
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
from analytics_house import (
    EVERYTHING,
    MIDLANDS,
    NATIONAL,
    PATHS,
    PUBLISHED,
    RJ1,
    RRK,
    RWP,
    House,
    a_membership,
    a_network,
    a_registration,
    a_telling,
    an_event,
    arrive_in_batches,
    changed,
    event_id,
    interleaved,
    moved,
    named,
    network_id,
)

from analytics_service.counting import store as counting
from events_contracts import (
    AttendanceRecorded,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from servicekit.consumers.delivery import Record

TABLES = {
    "network_versions": "network_id, version",
    "membership_versions": "membership_id, version",
    "events": "event_id",
    "registrations": "registration_id",
    "tellings": "event_id, person_id, channel",
}
LIVES = [
    (RegistrationConfirmed, AttendanceRecorded),
    (RegistrationConfirmed, RegistrationCancelled),
    (RegistrationWaitlisted, RegistrationPromoted, AttendanceRecorded),
    (RegistrationWaitlisted, RegistrationCancelled),
    (RegistrationConfirmed,),
]


def a_life() -> list[Record]:
    """Networks that move, people who move and are described anew, two events with all that can happen at them."""
    records = [a_network(path) for path in PATHS]
    records.append(moved(RRK, "national.london.rrk", at=PUBLISHED + timedelta(days=20)))
    for number in range(16):
        person, path = named("person", number), (RWP, RRK, RJ1, MIDLANDS)[number % 4]
        records += a_membership(person, path, until=date(2026, 10, 1) if number % 5 == 0 else None)
        if number % 3 == 0:
            day = date(2026, 8, 1) + timedelta(days=5 * number)
            told_at = PUBLISHED + timedelta(days=number - 8)
            records += changed(
                person, path, version=3, at=told_at, described_from=day, job_role="director", main=number % 2 == 0
            )
        for event in (event_id(), event_id(MIDLANDS)):
            records += [a_telling(event, person, channel=channel) for channel in ("email", "in-app")]
    records += an_event(changes=2)
    records += an_event(MIDLANDS, changes=1, cancelled=True)
    for event in (event_id(), event_id(MIDLANDS)):
        for number, states in enumerate(LIVES):
            records += a_registration(event, named("person", number), *states)
        records += a_registration(event, named("guest"), RegistrationConfirmed)
    return records


async def everything(house: House) -> dict[str, Any]:
    """Every fact table, and every report, whole."""
    async with house.worker.reading() as conn:
        found: dict[str, Any] = {
            table: [tuple(row) for row in await conn.fetch(f"SELECT * FROM {table} ORDER BY {key}")]
            for table, key in TABLES.items()
        }
        for day in (date(2026, 6, 1), PUBLISHED.date(), date(2026, 11, 1)):
            for path in PATHS:
                found[f"members {path} {day}"] = await counting.members_below(conn, network_id(path), on=day)
        days = [date(2026, month, 1) for month in range(1, 12)]
        found["coverage"] = await counting.coverage_on(conn, network_id(NATIONAL), days)
        for path in (NATIONAL, MIDLANDS):
            found[f"funnel {path}"] = await counting.funnel(conn, event_id(path))
            found[f"funnel {path} then"] = await counting.funnel(conn, event_id(path), until=date(2026, 9, 2))
    return found


async def wiped(house: House) -> House:
    owner = await asyncpg.connect(house.database.owner)
    await owner.execute(EVERYTHING)
    await owner.close()
    return house


@pytest.mark.parametrize("seed", range(6))
async def test_any_interleaving_gives_the_same_to_the_digit(empty_house: House, seed: int) -> None:
    records, chance = a_life(), random.Random(seed)
    await arrive_in_batches(empty_house.worker, records)
    in_order = await everything(empty_house)

    await wiped(empty_house)
    await arrive_in_batches(empty_house.worker, interleaved(records, chance), size=chance.choice([1, 7, 500]))

    assert await everything(empty_house) == in_order
    assert all(in_order.values())


async def test_the_comparison_notices_one_missing_signal(empty_house: House) -> None:
    records = a_life()
    await arrive_in_batches(empty_house.worker, records)
    whole = await everything(empty_house)

    await wiped(empty_house)
    missing = next(n for n, record in enumerate(records) if b"attendance-recorded" in (record.value or b""))
    await arrive_in_batches(empty_house.worker, records[:missing] + records[missing + 1 :])

    assert await everything(empty_house) != whole


async def test_the_highest_version_stands_even_when_it_comes_first(house: House) -> None:
    confirmed, attended = a_registration(event_id(), named("person"), RegistrationConfirmed, AttendanceRecorded)

    await arrive_in_batches(house.worker, [attended, confirmed])

    async with house.worker.reading() as conn:
        row = await conn.fetchrow("SELECT version, attended_at IS NOT NULL AS attended FROM registrations")
    assert row is not None
    assert tuple(row) == (2, True)


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
