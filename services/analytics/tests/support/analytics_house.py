"""A small network whose whole life arrives as signals: what tests of analytics share."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from analytics_service.consumers import CONSUMERS
from events_contracts import (
    AttendanceRecorded,
    EventCancelled,
    EventChanged,
    EventPublished,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
    Rule,
)
from events_contracts.registrations import RegistrationState
from membership_contracts import MembershipEnded, MembershipStarted, NetworkFounded
from notifications_contracts import NotificationTold
from servicekit.consumers.delivery import Record
from servicekit.database import Database
from servicekit.envelope import Origin
from servicekit.testing.deliveries import as_record, deliver

NAMESPACE = UUID("0190a1b2-0000-7000-8000-000000000000")
PUBLISHED = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
NATION = Origin("national", "national")
PATHS = ("national", "national.midlands", "national.midlands.rwp", "national.london", "national.london.rj1")


def named(*words: object) -> UUID:
    return uuid5(NAMESPACE, "/".join(map(str, words)))


def cell_of(path: str) -> str:
    return path.split(".")[1] if path.count(".") else "national"


def a_network(path: str, **given: Any) -> Record:
    state: dict[str, Any] = {
        "version": 1,
        "kind": ("national", "region", "trust")[min(path.count("."), 2)],
        "name": path.rsplit(".", 1)[-1].title(),
        "since": date(2010, 1, 1),
    } | given
    founded = NetworkFounded(network_id=named(path), path=path, cell=cell_of(path), **state)
    return as_record(founded, at=Origin(cell_of(path), path))


def a_membership(person: UUID, path: str, *, until: date | None = None, **given: Any) -> list[Record]:
    """Its start, and its end where it has one."""
    state: dict[str, Any] = {
        "membership_id": named(person, path),
        "person_id": person,
        "network_id": named(path),
        "main": True,
        "since": date(2020, 1, 1),
        "job_role": "service-manager",
        "sector": "acute",
        "described_from": date(2020, 1, 1),
    } | given
    at = Origin(cell_of(path), path)
    records = [as_record(MembershipStarted(version=1, **state), at=at)]
    if until is not None:
        records.append(as_record(MembershipEnded(version=2, until=until, **state), at=at))
    return records


def an_event(path: str = "national", *, changes: int = 0, cancelled: bool = False, **given: Any) -> list[Record]:
    state: dict[str, Any] = {
        "event_id": named("event", path),
        "network_id": named(path),
        "kind": "summit",
        "title": "Summit",
        "summary": "",
        "venue": "Hall 1",
        "starts": datetime.fromisoformat("2026-12-01T10:00"),
        "ends": datetime.fromisoformat("2026-12-01T16:00"),
        "zone": "Europe/London",
        "starts_at": datetime(2026, 12, 1, 10, tzinfo=UTC),
        "ends_at": datetime(2026, 12, 1, 16, tzinfo=UTC),
        "capacity": 4,
        "rule": Rule(networks=[named(path)]),
        "published_at": PUBLISHED,
        "revision": 1,
    } | given
    at = Origin(cell_of(path), path)
    records = [as_record(EventPublished(version=1, **state), at=at, time=PUBLISHED)]
    for number in range(changes):
        moved = state | {"venue": f"Hall {number + 2}", "capacity": 4 + number}
        records.append(as_record(EventChanged(version=number + 2, changed=["venue"], **moved), at=at))
    if cancelled:
        records.append(as_record(EventCancelled(version=changes + 2, **state), at=at))
    return records


def a_registration(
    event: UUID, person: UUID, *types: type[RegistrationState], at: Origin = NATION, **given: Any
) -> list[Record]:
    """One registration through these states, such as waitlisted, promoted, attended."""
    records, waited = [], False
    for number, kind in enumerate(types):
        waited = waited or kind is RegistrationWaitlisted
        state: dict[str, Any] = {
            "version": number + 1,
            "registration_id": named("registration", event, person),
            "event_id": event,
            "person_id": person,
            "status": STATUS[kind],
            "code": "ABCD1234",
            "registered_at": PUBLISHED + timedelta(days=1),
            "waited": waited,
            "attended_at": datetime(2026, 12, 1, 10, tzinfo=UTC) if kind is AttendanceRecorded else None,
        } | ({"place_in_line": 1} if kind is RegistrationWaitlisted else {})
        records.append(as_record(kind(**(state | given)), at=at))
    return records


STATUS: dict[type[RegistrationState], str] = {
    RegistrationConfirmed: "confirmed",
    RegistrationWaitlisted: "waiting",
    RegistrationPromoted: "confirmed",
    RegistrationCancelled: "cancelled",
    AttendanceRecorded: "confirmed",
}


def a_telling(event: UUID, person: UUID, *, channel: str = "email", at: Origin = NATION) -> Record:
    told = NotificationTold(
        version=1,
        notification_id=named("told", event, person, channel),
        person_id=person,
        cause="announced",
        kind="event-announced",
        channel=channel,
        event_id=event,
        told_at=PUBLISHED + timedelta(minutes=5),
    )
    return as_record(told, at=at)


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


async def arrive(db: Database, *records: Record) -> None:
    await deliver(db, CONSUMERS, *records)
