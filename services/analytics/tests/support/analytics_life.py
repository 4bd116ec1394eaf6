"""A life of the network that has everything in it, and all that is known of it afterwards."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, get_args

from analytics_heard import figures_heard
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

from analytics_service.counting import activity, funnels, retention
from analytics_service.counting import store as counting
from analytics_service.counting.funnels import By
from analytics_service.disclosure.retention import AFTER
from events_contracts import (
    AttendanceRecorded,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from servicekit.consumers.delivery import Record
from servicekit.database import Conn, Database

TABLES = {
    "network_versions": "network_id, version",
    "membership_versions": "membership_id, version",
    "events": "event_id",
    "registrations": "registration_id",
    "tellings": "event_id, person_id, channel",
    "heard_members": "network_id, day",
    "heard_activity": "network_id, day",
    "heard_retention": "network_id, month, after",
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
    for version in (1, 2):
        records += figures_heard(MIDLANDS, day=date(2026, 10, 1), version=version, people=20 * version)
    return records


async def wider(conn: Conn) -> dict[str, Any]:
    """Activity, retention and funnels by group, as they were then and as now."""
    found: dict[str, Any] = {}
    today, first, last = date(2026, 11, 20), date(2020, 1, 1), date(2026, 11, 1)
    for path in (NATIONAL, MIDLANDS):
        network, ids = network_id(path), [event_id(), event_id(MIDLANDS)]
        for tree in (date(2026, 9, 1), today):
            counts = await activity.activity_below(conn, network, on=today, by_tree_of=tree)
            found[f"active {path} {tree}"] = counts
        for placed in (None, today):
            found[f"stayed {path} {placed}"] = await retention.cohorts(
                conn, network, first=first, last=last, after=AFTER, today=today, by_tree_of=placed
            )
            for by in get_args(By):
                found[f"by {by} {path} {placed}"] = await funnels.grouped(conn, network, ids, by=by, placed_on=placed)
        found[f"held {path}"] = await funnels.events_within(
            conn, network, first=first, last=today, by_tree_of=None, limit=9
        )
    return found


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
        found["coverage now"] = await counting.coverage_on(conn, network_id(MIDLANDS), days, by_tree_of=days[-1])
        found |= await wider(conn)
        for path in (NATIONAL, MIDLANDS):
            found[f"funnel {path}"] = await counting.funnel(conn, event_id(path))
            found[f"funnel {path} then"] = await counting.funnel(conn, event_id(path), until=date(2026, 9, 2))
    return found


def interleaved(records: Sequence[Record], chance: random.Random) -> list[Record]:
    """The same records with their topics and keys mixed anew; each topic and key keeps its order. Some come twice."""
    queues: dict[tuple[str, str | None], list[Record]] = defaultdict(list)
    for record in records:
        queues[record.topic, record.key].append(record)
    mixed: list[Record] = []
    while queues:
        chosen = chance.choice(sorted(queues, key=str))
        mixed.append(queues[chosen].pop(0))
        if chance.random() < 0.2:
            mixed.append(chance.choice(mixed))
        if not queues[chosen]:
            del queues[chosen]
    return mixed
