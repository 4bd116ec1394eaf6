"""What is kept is a function of the set of signals, never of the order in which topics interleave."""

import random
from datetime import date

import pytest
from analytics_house import (
    PATHS,
    a_membership,
    a_network,
    a_registration,
    a_telling,
    an_event,
    arrive,
    interleaved,
    named,
)

from events_contracts import (
    AttendanceRecorded,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from servicekit.consumers.delivery import Record
from servicekit.database import Database

TABLES = {
    "network_versions": "network_id, version",
    "membership_versions": "membership_id, version",
    "events": "event_id",
    "registrations": "registration_id",
    "tellings": "event_id, person_id, channel",
}


def a_life() -> list[Record]:
    event = named("event", "national")
    records = [a_network(path) for path in PATHS]
    for number in range(12):
        person, path = named("person", number), PATHS[1 + number % 4]
        records += a_membership(person, path, until=date(2026, 10, 1) if number % 5 == 0 else None)
        records += [a_telling(event, person, channel=channel) for channel in ("email", "in-app")]
    records += an_event(changes=2)
    for number, states in enumerate(
        [
            (RegistrationConfirmed, AttendanceRecorded),
            (RegistrationConfirmed, RegistrationCancelled),
            (RegistrationWaitlisted, RegistrationPromoted, AttendanceRecorded),
            (RegistrationWaitlisted, RegistrationCancelled),
            (RegistrationConfirmed,),
        ]
    ):
        records += a_registration(event, named("person", number), *states)
    return records


async def everything(db: Database) -> dict[str, list[tuple[object, ...]]]:
    async with db.reading() as conn:
        return {
            table: [tuple(row) for row in await conn.fetch(f"SELECT * FROM {table} ORDER BY {key}")]
            for table, key in TABLES.items()
        }


@pytest.mark.parametrize("seed", range(6))
async def test_any_interleaving_gives_the_same_to_the_digit(worker: Database, seed: int) -> None:
    records = a_life()
    expected = EXPECTED or await first_in_order(worker, records)

    await wipe(worker)
    await arrive(worker, *interleaved(records, random.Random(seed)))

    assert await everything(worker) == expected


EXPECTED: dict[str, list[tuple[object, ...]]] = {}


async def first_in_order(db: Database, records: list[Record]) -> dict[str, list[tuple[object, ...]]]:
    await arrive(db, *records)
    EXPECTED.update(await everything(db))
    assert all(EXPECTED.values())
    return EXPECTED


async def wipe(db: Database) -> None:
    async with db.transaction() as conn:
        for table in TABLES:
            await conn.execute(f"DELETE FROM {table}")
        await conn.execute("DELETE FROM servicekit.inbox")


async def test_the_highest_version_stands_even_when_it_comes_first(worker: Database) -> None:
    event, person = named("event", "national"), named("person", 1)
    confirmed, attended = a_registration(event, person, RegistrationConfirmed, AttendanceRecorded)

    await arrive(worker, attended, confirmed)

    async with worker.reading() as conn:
        row = await conn.fetchrow("SELECT version, attended_at FROM registrations")
    assert row is not None
    assert row["version"] == 2
    assert row["attended_at"] is not None
