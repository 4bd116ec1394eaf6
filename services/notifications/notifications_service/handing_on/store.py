"""Mails whose people have moved on leave the ledger, and enter the other; `told_once` holds in both."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from notifications_service.handing_on.model import HandedOn
from notifications_service.tellings.model import PRIORITY, Kind
from servicekit.database import Conn

LIMIT = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail without an address, and the cell of its cause."""

    id: UUID
    cell: str


async def moved_on(conn: Conn, *, today: date, unknown_since: datetime) -> list[Waiting]:
    """Mails that wait for an address which will not come here.

    No profile is here, and every membership that is known here has ended; or none is known, and the mail has waited
    since before `unknown_since`. Whoever belongs to a network of a cell that is read here has a profile on its way.
    """
    rows = await conn.fetch(
        """
        SELECT n.id, n.cell
          FROM notifications n
          LEFT JOIN LATERAL (SELECT max(coalesce(m.until, 'infinity')) AS until
                               FROM access_memberships m
                              WHERE m.person_id = n.person_id) known ON true
         WHERE n.state = 'waiting-for-address'
           AND NOT EXISTS (SELECT FROM people p WHERE p.person_id = n.person_id)
           AND (known.until < $1 OR (known.until IS NULL AND n.created_at < $2))
         ORDER BY n.id
         LIMIT $3
        """,
        today,
        unknown_since,
        LIMIT,
    )
    return [Waiting(**row) for row in rows]


async def hand_on(conn: Conn, ids: Sequence[UUID], *, kept: Collection[str]) -> list[HandedOn]:
    """Let these go, if they still wait; returns them. kept: kinds that end here instead."""
    rows = await conn.fetch(
        """
        UPDATE notifications n
           SET state = CASE WHEN n.kind = ANY ($2::text[]) THEN 'suppressed' ELSE 'handed-on' END,
               failure = CASE WHEN n.kind = ANY ($2::text[]) THEN 'no longer a member' END
         WHERE n.id = ANY ($1::uuid[]) AND n.state = 'waiting-for-address'
        RETURNING n.id AS notification_id, n.person_id, n.cause, n.kind, n.cell, n.network, n.event_id,
                  n.event_version, n.registration_id, n.place_in_line,
                  (SELECT r.version FROM registrations r WHERE r.registration_id = n.registration_id)
                      AS registration_version,
                  CASE WHEN n.repeats > 0 THEN n.message_id END AS message_id,
                  n.state = 'handed-on' AS leaves
        """,
        ids,
        sorted(kept),
    )
    return [HandedOn(**{name: row[name] for name in HandedOn.__slots__}) for row in rows if row["leaves"]]


async def take_over(conn: Conn, handed: Sequence[HandedOn], *, before_start: Collection[UUID], now: datetime) -> int:
    """Queue each of these, whatever was queued of it before; returns how many were new. before_start: those that are
    old news to this database."""
    status = await conn.execute(
        """
        INSERT INTO notifications
               (id, cause, person_id, channel, kind, event_id, event_version, registration_id, registration_version,
                place_in_line, cell, network, state, priority, created_at, next_attempt_at, message_id, repeats)
        SELECT id, cause, person_id, 'email', kind, event_id, event_version, registration_id, registration_version,
               place_in_line, cell, network,
               CASE WHEN id = ANY ($14::uuid[]) THEN 'before-start'
                    WHEN EXISTS (SELECT FROM people p WHERE p.person_id = new.person_id) THEN 'queued'
                    ELSE 'waiting-for-address' END,
               priority, $15, $15, message_id, (message_id IS NOT NULL)::int
          FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::int[], $7::uuid[], $8::int[],
                      $9::int[], $10::text[], $11::text[], $12::int[], $13::text[])
               AS new (id, cause, person_id, kind, event_id, event_version, registration_id, registration_version,
                       place_in_line, cell, network, priority, message_id)
            ON CONFLICT DO NOTHING
        """,
        [one.notification_id for one in handed],
        [one.cause for one in handed],
        [one.person_id for one in handed],
        [one.kind for one in handed],
        [one.event_id for one in handed],
        [one.event_version for one in handed],
        [one.registration_id for one in handed],
        [one.registration_version for one in handed],
        [one.place_in_line for one in handed],
        [one.cell for one in handed],
        [one.network for one in handed],
        [PRIORITY[Kind(one.kind)] for one in handed],
        [one.message_id for one in handed],
        sorted(before_start),
        now,
    )
    return int(status.rsplit(" ", 1)[-1])
