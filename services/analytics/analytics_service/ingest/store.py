"""Fact tables: one statement for a whole batch of deliveries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    event_id: UUID
    version: int
    network_id: UUID
    cell: str
    kind: str
    title: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    open_to: Sequence[UUID]
    sectors: Sequence[str]
    job_roles: Sequence[str]
    published_at: datetime
    cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    registration_id: UUID
    version: int
    event_id: UUID
    person_id: UUID
    status: str
    registered_at: datetime
    waited: bool
    attended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    notification_id: UUID
    person_id: UUID
    event_id: UUID | None
    kind: str
    channel: str
    told_at: datetime


Versioned = TypeVar("Versioned", Event, Registration)


def newest(facts: Iterable[tuple[UUID, Versioned]]) -> list[Versioned]:
    """The highest version of each: a statement may touch a row only once."""
    best: dict[UUID, Versioned] = {}
    for name, fact in facts:
        if name not in best or best[name].version < fact.version:
            best[name] = fact
    return list(best.values())


async def keep_events(conn: Conn, events: Sequence[Event]) -> None:
    """One row at a time inside one call: arrays of arrays have no unnest, and events are few."""
    await conn.executemany(
        """
        INSERT INTO events AS kept (event_id, version, network_id, cell, kind, title, starts_at, ends_at, capacity,
                                    open_to, sectors, job_roles, published_at, cancelled)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            ON CONFLICT (event_id) DO UPDATE
           SET version = excluded.version, kind = excluded.kind, title = excluded.title,
               starts_at = excluded.starts_at, ends_at = excluded.ends_at, capacity = excluded.capacity,
               open_to = excluded.open_to, sectors = excluded.sectors, job_roles = excluded.job_roles,
               published_at = excluded.published_at, cancelled = excluded.cancelled
         WHERE kept.version < excluded.version
        """,
        [
            (
                event.event_id,
                event.version,
                event.network_id,
                event.cell,
                event.kind,
                event.title,
                event.starts_at,
                event.ends_at,
                event.capacity,
                list(event.open_to),
                list(event.sectors),
                list(event.job_roles),
                event.published_at,
                event.cancelled,
            )
            for event in newest((event.event_id, event) for event in events)
        ],
    )


async def keep_registrations(conn: Conn, registrations: Sequence[Registration]) -> None:
    rows = newest((registration.registration_id, registration) for registration in registrations)
    await conn.execute(
        """
        INSERT INTO registrations AS kept
               (registration_id, version, event_id, person_id, status, registered_at, waited, attended_at)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[],
                             $7::bool[], $8::timestamptz[])
            ON CONFLICT (registration_id) DO UPDATE
           SET version = excluded.version, status = excluded.status, waited = excluded.waited,
               attended_at = excluded.attended_at
         WHERE kept.version < excluded.version
        """,
        [row.registration_id for row in rows],
        [row.version for row in rows],
        [row.event_id for row in rows],
        [row.person_id for row in rows],
        [row.status for row in rows],
        [row.registered_at for row in rows],
        [row.waited for row in rows],
        [row.attended_at for row in rows],
    )


async def keep_tellings(conn: Conn, tellings: Sequence[Telling]) -> None:
    """A telling is told once and never changes."""
    await conn.execute(
        """
        INSERT INTO tellings (notification_id, person_id, event_id, kind, channel, told_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])
            ON CONFLICT (notification_id) DO NOTHING
        """,
        [row.notification_id for row in tellings],
        [row.person_id for row in tellings],
        [row.event_id for row in tellings],
        [row.kind for row in tellings],
        [row.channel for row in tellings],
        [row.told_at for row in tellings],
    )
