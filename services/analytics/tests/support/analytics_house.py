"""A small network whose whole life arrives as signals, and the service as its callers meet it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx

from access.testing import Directory, Somebody
from analytics_service.consumers import CONSUMERS
from analytics_service.settings import AnalyticsSettings
from analytics_service.snapshots.loops import take_due
from events_contracts import (
    AttendanceRecorded,
    AttendanceWithdrawn,
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
from membership_contracts import MembershipChanged, MembershipEnded, MembershipStarted, NetworkChanged, NetworkFounded
from membership_contracts.memberships import MembershipState
from membership_contracts.networks import NetworkState
from notifications_contracts import NotificationTold, PeopleTold
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import Record
from servicekit.database import Database
from servicekit.envelope import Origin
from servicekit.testing.databases import TestDatabase
from servicekit.testing.deliveries import as_record

NAMESPACE = UUID("0190a1b2-0000-7000-8000-000000000000")
FOUNDED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When networks and memberships were told of."""
PUBLISHED = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
HELD = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LATER = HELD + timedelta(days=1)

NATIONAL, MIDLANDS, LONDON = "national", "national.midlands", "national.london"
RWP, RRK, RJ1 = "national.midlands.rwp", "national.midlands.rrk", "national.london.rj1"
PATHS = (NATIONAL, MIDLANDS, RWP, RRK, LONDON, RJ1)
NATION = Origin("national", "national")

EVERYTHING = """
DO $$
BEGIN
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I.%I', schemaname, tablename), ', ')
               FROM pg_tables
              WHERE schemaname ~ '^(public|access_[ab]|grants_[ab]|projection_[ab]|servicekit)$'
                AND tablename !~ 'migrations$'
                AND NOT (schemaname = 'servicekit'
                         AND tablename IN ('projections', 'consumers', 'deployment', 'switches')));
    UPDATE servicekit.projections SET active = 'a', epoch = 1;
END
$$
"""
"""What empties the database of all that a test brought into it."""


def named(*words: object) -> UUID:
    return uuid5(NAMESPACE, "/".join(map(str, words)))


def network_id(path: str) -> UUID:
    """As access.testing.Directory has it, so that holders of grants can be introduced by it."""
    return uuid5(NAMESPACE_URL, path)


def cell_of(path: str) -> str:
    return path.split(".")[1] if path.count(".") else "national"


def event_id(path: str = NATIONAL) -> UUID:
    return named("event", path)


def a_network(
    path: str, *, id_of: str | None = None, kind_of: type[NetworkState] = NetworkFounded, **given: Any
) -> Record:
    """id_of: the path under which it was founded, where it has moved."""
    told_at = given.pop("told_at", FOUNDED)
    cell = cell_of(id_of or path)
    state: dict[str, Any] = {
        "version": 1,
        "kind": ("national", "region", "trust")[min(path.count("."), 2)],
        "name": path.rsplit(".", 1)[-1].title(),
        "since": date(2010, 1, 1),
        "cell": cell,
    } | given
    state_ = kind_of(network_id=network_id(id_of or path), path=path, **state)
    return as_record(state_, at=Origin(cell, path), time=told_at)


def moved(path: str, to: str, *, version: int = 2, at: datetime) -> Record:
    """The network is at another path from that day on."""
    return a_network(to, id_of=path, kind_of=NetworkChanged, version=version, told_at=at)


def a_membership(
    person: UUID,
    path: str,
    *,
    until: date | None = None,
    kind_of: type[MembershipState] = MembershipStarted,
    **given: Any,
) -> list[Record]:
    """Its start, and its end where it has one."""
    told_at = given.pop("told_at", FOUNDED)
    state: dict[str, Any] = {
        "version": 1,
        "membership_id": named("membership", person, path),
        "person_id": person,
        "network_id": network_id(path),
        "main": True,
        "since": date(2020, 1, 1),
        "job_role": "service-manager",
        "sector": "acute",
        "described_from": date(2020, 1, 1),
    } | given
    at = Origin(cell_of(path), path)
    records = [as_record(kind_of(**state), at=at, time=told_at)]
    if until is not None:
        ended = MembershipEnded(until=until, **(state | {"version": state["version"] + 1}))
        records.append(as_record(ended, at=at, time=told_at + timedelta(days=30)))
    return records


def changed(person: UUID, path: str, *, version: int, at: datetime, **given: Any) -> list[Record]:
    """Another version of the same membership."""
    return a_membership(person, path, kind_of=MembershipChanged, version=version, told_at=at, **given)


def members(path: str, count: int, **given: Any) -> list[Record]:
    """So many people of one network, all told of."""
    return [record for number in range(count) for record in a_membership(named(path, number), path, **given)]


def an_event(path: str = NATIONAL, *, changes: int = 0, cancelled: bool = False, **given: Any) -> list[Record]:
    state: dict[str, Any] = {
        "event_id": event_id(path),
        "network_id": network_id(path),
        "kind": "summit",
        "title": "Summit",
        "summary": "",
        "venue": "Hall 1",
        "starts": datetime.fromisoformat("2026-11-20T10:00"),
        "ends": datetime.fromisoformat("2026-11-20T16:00"),
        "zone": "Europe/London",
        "starts_at": HELD,
        "ends_at": HELD + timedelta(hours=6),
        "capacity": 400,
        "rule": Rule(networks=[network_id(path)]),
        "published_at": PUBLISHED,
        "revision": 1,
    } | given
    at = Origin(cell_of(path), path)
    records = [as_record(EventPublished(version=1, **state), at=at, time=PUBLISHED)]
    for number in range(changes):
        changed_ = state | {"venue": f"Hall {number + 2}", "capacity": 400 + number}
        event = EventChanged(version=number + 2, changed=["venue"], **changed_)
        records.append(as_record(event, at=at, time=PUBLISHED + timedelta(days=number + 1)))
    if cancelled:
        event_ = EventCancelled(version=changes + 2, **state)
        records.append(as_record(event_, at=at, time=PUBLISHED + timedelta(days=30)))
    return records


STATUS: dict[type[RegistrationState], str] = {
    RegistrationConfirmed: "confirmed",
    RegistrationWaitlisted: "waiting",
    RegistrationPromoted: "confirmed",
    RegistrationCancelled: "cancelled",
    AttendanceRecorded: "confirmed",
    AttendanceWithdrawn: "confirmed",
}


def a_registration(
    event: UUID, person: UUID, *types: type[RegistrationState], at: Origin = NATION, **given: Any
) -> list[Record]:
    """One registration through these states, such as waitlisted, promoted, attended."""
    records, waited = [], False
    registered_at = PUBLISHED + timedelta(days=1)
    for number, kind in enumerate(types):
        waited = waited or kind is RegistrationWaitlisted
        state: dict[str, Any] = {
            "version": number + 1,
            "registration_id": named("registration", event, person),
            "event_id": event,
            "person_id": person,
            "status": STATUS[kind],
            "code": "ABCD1234",
            "registered_at": registered_at,
            "waited": waited,
            "attended_at": HELD if kind is AttendanceRecorded else None,
        } | ({"place_in_line": 1} if kind is RegistrationWaitlisted else {})
        records.append(as_record(kind(**(state | given)), at=at, time=registered_at + timedelta(hours=number)))
    return records


def a_telling(event: UUID, person: UUID, *, channel: str = "email", at: Origin = NATION, **given: Any) -> Record:
    state: dict[str, Any] = {
        "version": 1,
        "notification_id": named("told", event, person, channel),
        "person_id": person,
        "cause": "announced",
        "kind": "event-announced",
        "channel": channel,
        "event_id": event,
        "told_at": PUBLISHED + timedelta(minutes=5),
    } | given
    return as_record(NotificationTold(**state), at=at, time=state["told_at"])


def a_telling_of_many(event: UUID, people: Sequence[UUID], *, at: Origin = NATION, **given: Any) -> Record:
    state: dict[str, Any] = {
        "version": len(people),
        "cause": "announced",
        "kind": "event-announced",
        "channel": "in-app",
        "event_id": event,
        "told_at": PUBLISHED + timedelta(minutes=5),
        "people": list(people),
    } | given
    return as_record(PeopleTold(**state), at=at, time=state["told_at"])


async def arrive(db: Database, *records: Record | Iterable[Record]) -> None:
    """Apply them in this order."""
    flat: list[Record] = []
    for record in records:
        flat += [record] if isinstance(record, Record) else list(record)
    await arrive_in_batches(db, flat)


async def arrive_in_batches(db: Database, records: Sequence[Record], *, size: int = 500) -> None:
    """As a consumer would take them: neighbours of one topic in one transaction."""
    for topic, neighbours in groupby(records, key=lambda record: record.topic):
        waiting = list(neighbours)
        service, stream = [*topic.split(".", 2), ""][1:3]
        for consumer in CONSUMERS:
            if (service, stream) in consumer.streams:
                applier = Applier(consumer=consumer, db=db, epoch=1)
                for start in range(0, len(waiting), size):
                    await applier.apply(waiting[start : start + size])


@dataclass
class House:
    """The service as its callers meet it."""

    http: httpx.AsyncClient
    directory: Directory
    worker: Database
    api: Database
    database: TestDatabase
    settings: AnalyticsSettings

    async def lead(self, path: str, *, role: str = "lead") -> Somebody:
        return await self.directory.lead(path, role=role)

    async def get(self, who: Somebody, path: str, *, cell: str | None = None, **query: Any) -> httpx.Response:
        """path: below the cell's reports."""
        return await self.http.get(
            f"/api/v1/cells/{cell or 'national'}/reports/{path}", params=query, headers=who.bearer
        )

    async def ask_for_snapshot(self, who: Somebody, path: str, day: date | None = None) -> httpx.Response:
        body = {"network_id": str(network_id(path))} | ({"day": day.isoformat()} if day else {})
        return await self.http.post(f"/api/v1/cells/{cell_of(path)}/reports/snapshots", json=body, headers=who.bearer)

    async def take_snapshots(self, *, now: datetime | None = None) -> int:
        """What `work` does behind. now: by default a time before anything was known, when no day's end asks for any."""

        async def caught_up() -> bool:
            return True

        return await take_due(self.worker, self.directory.cells, now=now or FOUNDED, caught_up=caught_up)
