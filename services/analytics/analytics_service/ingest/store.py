"""The fact tables' statements: a batch is one statement each, and comes to the same in whatever order it is applied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

import orjson

from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkVersion:
    network_id: UUID
    version: int
    told_on: date
    kind: str
    name: str
    path: str
    cell: str
    ods_code: str | None
    since: date
    until: date | None
    sector: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipVersion:
    membership_id: UUID
    version: int
    told_at: datetime
    person_id: UUID
    network_id: UUID
    main: bool
    since: date
    until: date | None
    job_role: str | None
    sector: str | None
    described_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    event_id: UUID
    version: int
    network_id: UUID
    kind: str
    title: str
    starts_at: datetime
    ends_at: datetime
    published_at: datetime
    cancelled: bool
    open_to: list[UUID]
    sectors: list[str]
    job_roles: list[str]


class Registration(Protocol):
    """What is kept of a registration's signal, which is taken as it came: of nothing else are there so many."""

    @property
    def registration_id(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    @property
    def event_id(self) -> UUID: ...
    @property
    def person_id(self) -> UUID: ...
    @property
    def registered_at(self) -> datetime: ...
    @property
    def waited(self) -> bool: ...
    @property
    def attended_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    event_id: UUID
    person_id: UUID
    channel: str
    told_at: datetime


async def add_network_versions(conn: Conn, versions: Sequence[NetworkVersion]) -> None:
    await conn.execute(
        """
        INSERT INTO network_versions
               (network_id, version, told_on, kind, name, path, cell, ods_code, since, until, sector)
        SELECT network_id, version, told_on, kind, name, path, cell, ods_code, since, until, sector
          FROM jsonb_to_recordset($1::jsonb)
               AS new (network_id uuid, version int, told_on date, kind text, name text, path ltree, cell text,
                       ods_code text, since date, until date, sector text)
            ON CONFLICT (network_id, version) DO NOTHING
        """,
        _rows(versions),
    )


async def add_membership_versions(conn: Conn, versions: Sequence[MembershipVersion]) -> None:
    await conn.execute(
        """
        INSERT INTO membership_versions
               (membership_id, version, told_at, person_id, network_id, main, since, until, job_role, sector,
                described_from)
        SELECT membership_id, version, told_at, person_id, network_id, main, since, until, job_role, sector,
               described_from
          FROM jsonb_to_recordset($1::jsonb)
               AS new (membership_id uuid, version int, told_at timestamptz, person_id uuid, network_id uuid,
                       main boolean, since date, until date, job_role text, sector text, described_from date)
            ON CONFLICT (membership_id, version) DO NOTHING
        """,
        _rows(versions),
    )


async def keep_events(conn: Conn, events: Sequence[Event]) -> None:
    """The highest version wins."""
    await conn.execute(
        """
        INSERT INTO events AS kept
               (event_id, version, network_id, kind, title, starts_at, ends_at, published_at, cancelled, open_to,
                sectors, job_roles)
        SELECT DISTINCT ON (event_id)
               event_id, version, network_id, kind, title, starts_at, ends_at, published_at, cancelled, open_to,
               sectors, job_roles
          FROM jsonb_to_recordset($1::jsonb)
               AS new (event_id uuid, version int, network_id uuid, kind text, title text, starts_at timestamptz,
                       ends_at timestamptz, published_at timestamptz, cancelled boolean, open_to uuid[],
                       sectors text[], job_roles text[])
         ORDER BY event_id, version DESC
            ON CONFLICT (event_id) DO UPDATE
           SET version = excluded.version, network_id = excluded.network_id, kind = excluded.kind,
               title = excluded.title, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
               published_at = excluded.published_at, cancelled = excluded.cancelled, open_to = excluded.open_to,
               sectors = excluded.sectors, job_roles = excluded.job_roles
         WHERE kept.version < excluded.version
        """,
        _rows(events),
    )


async def keep_registrations(conn: Conn, registrations: Sequence[Registration]) -> None:
    """The highest version wins. Columns are sent as arrays, which cost the database a quarter less than JSON."""
    await conn.execute(
        """
        INSERT INTO registrations AS kept
               (registration_id, version, event_id, person_id, registered_at, waited, attended_at)
        SELECT DISTINCT ON (registration_id)
               registration_id, version, event_id, person_id, registered_at, waited, attended_at
          FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::boolean[],
                      $7::timestamptz[])
               AS new (registration_id, version, event_id, person_id, registered_at, waited, attended_at)
         ORDER BY registration_id, version DESC
            ON CONFLICT (registration_id) DO UPDATE
           SET version = excluded.version, registered_at = excluded.registered_at, waited = excluded.waited,
               attended_at = excluded.attended_at
         WHERE kept.version < excluded.version
        """,
        [one.registration_id for one in registrations],
        [one.version for one in registrations],
        [one.event_id for one in registrations],
        [one.person_id for one in registrations],
        [one.registered_at for one in registrations],
        [one.waited for one in registrations],
        [one.attended_at for one in registrations],
    )


async def keep_tellings(conn: Conn, tellings: Sequence[Telling]) -> None:
    """The first telling by each channel counts."""
    await conn.execute(
        """
        INSERT INTO tellings AS kept (event_id, person_id, channel, told_at)
        SELECT event_id, person_id, channel, min(told_at)
          FROM jsonb_to_recordset($1::jsonb)
               AS new (event_id uuid, person_id uuid, channel text, told_at timestamptz)
         GROUP BY event_id, person_id, channel
            ON CONFLICT (event_id, person_id, channel) DO UPDATE
           SET told_at = excluded.told_at
         WHERE kept.told_at > excluded.told_at
        """,
        _rows(tellings),
    )


def _rows(facts: Sequence[NetworkVersion | MembershipVersion | Event | Telling]) -> str:
    return orjson.dumps(list(facts)).decode()
