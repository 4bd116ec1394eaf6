"""A life of the network that has everything in it, and all that is known of it afterwards."""

from datetime import date, timedelta
from typing import Any

from analytics_house import (
    MIDLANDS,
    NATIONAL,
    PATHS,
    PUBLISHED,
    RJ1,
    RRK,
    RWP,
    a_membership,
    a_network,
    a_registration,
    a_telling,
    an_event,
    changed,
    event_id,
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
from servicekit.database import Database

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


async def everything(db: Database) -> dict[str, Any]:
    """Every fact table, and every report, whole."""
    async with db.reading() as conn:
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
