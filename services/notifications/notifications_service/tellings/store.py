"""The ledger's rows: written once, both channels together, and read back as a person's own list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from notifications_service.tellings.model import PRIORITY, Audience, Channel, Notice, Telling, Wanted
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTelling:
    """A telling with what was drawn for it; `position` in the person's list, None where it is not shown."""

    telling: Telling
    shown_id: UUID
    mail_id: UUID
    position: int | None
    wanted: Wanted = field(default_factory=Wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyTold:
    """Many people who are told of one thing, with what was drawn for them."""

    notice: Notice
    audience: Audience
    shown: Sequence[UUID]
    """Those of them who see it in their list."""
    positions: Sequence[int]
    """Where, for each of `shown`."""
    unmailed: Sequence[UUID]
    """Those of them who want no mail of it."""
    first_id: UUID
    """The rows' ids are this one, its last 32 bits counted up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of a person's list in the application."""

    id: UUID
    cause: str
    network: str
    position: int
    kind: str
    event_id: UUID | None
    event_version: int | None
    place_in_line: int | None
    code: str | None
    """The registration's, while it has a place."""
    told_at: datetime
    read_at: datetime | None


async def take_turn(conn: Conn, cells: Collection[str]) -> None:
    """Only one transaction at a time tells in a cell.

    It comes before the lock of any person's counter. One delivery's batch tells people in no order, so without
    it two of them would lock each other out; with it all that is told in a cell has one order.
    """
    await conn.execute(
        """
        SELECT pg_advisory_xact_lock(hashtextextended('telling in ' || cell, 0))
          FROM (SELECT cell FROM unnest($1::text[]) AS cell ORDER BY cell) sorted
        """,
        sorted(cells),
    )


async def first_time(conn: Conn, cause: str) -> bool:
    """Whether this cause has not been told to its registrants before; from now on it has."""
    return bool(
        await conn.fetchval("INSERT INTO told_causes (cause) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true", cause)
    )


async def untold(conn: Conn, tellings: Sequence[Telling]) -> list[Telling]:
    """Those of which the ledger holds nothing yet, in the given order."""
    rows = await conn.fetch(
        """
        SELECT place
          FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS new (cause, person_id, place)
         WHERE NOT EXISTS (SELECT FROM notifications n
                            WHERE n.cause = new.cause AND n.person_id = new.person_id)
         ORDER BY place
        """,
        [telling.cause for telling in tellings],
        [telling.person_id for telling in tellings],
    )
    return [tellings[row["place"] - 1] for row in rows]


INSERT = """
INSERT INTO notifications
       (id, cause, person_id, channel, kind, event_id, event_version, registration_id, place_in_line,
        cell, network, state, priority, position, created_at, told_at, next_attempt_at, failure)
SELECT way.id, t.cause, t.person_id, way.channel, t.kind, t.event_id,
       coalesce(t.event_version, (SELECT max(g.version) FROM gatherings g WHERE g.event_id = t.event_id)),
       t.registration_id, t.place_in_line, t.cell, t.network, way.state, t.priority, way.position,
       $1::timestamptz, way.told_at, $1::timestamptz,
       CASE way.state WHEN 'suppressed' THEN coalesce(way.why, 'switched off') END
  FROM unnest($2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::int[], $7::uuid[], $8::int[], $9::text[],
              $10::text[], $11::int[], $12::bigint[], $13::uuid[], $14::uuid[], $15::bool[], $16::bool[],
              $17::text[], $18::text[])
       AS t (cause, person_id, kind, event_id, event_version, registration_id, place_in_line, cell,
             network, priority, position, shown_id, mail_id, before_start, mailed, unshown, unmailed)
 CROSS JOIN LATERAL (
       VALUES ('in-app', t.shown_id,
               CASE WHEN t.before_start THEN 'before-start'
                    WHEN t.position IS NULL THEN 'suppressed' ELSE 'shown' END,
               t.position, CASE WHEN t.position IS NOT NULL THEN $1::timestamptz END, t.unshown),
              ('email', t.mail_id,
               CASE WHEN t.before_start THEN 'before-start'
                    WHEN NOT t.mailed THEN 'suppressed'
                    WHEN EXISTS (SELECT FROM people p WHERE p.person_id = t.person_id) THEN 'queued'
                    ELSE 'waiting-for-address' END, NULL::bigint, NULL::timestamptz, t.unmailed)
       ) AS way (channel, id, state, position, told_at, why)
"""
"""$1 now; then each column of `t`."""


async def insert(conn: Conn, rows: Sequence[NewTelling], *, now: datetime) -> None:
    """Two rows for each telling: shown at once in the application, queued as a mail; unless it is before the start,
    or not wanted: then a row says so."""
    tellings = [row.telling for row in rows]
    await conn.execute(
        INSERT,
        now,
        [telling.cause for telling in tellings],
        [telling.person_id for telling in tellings],
        [telling.kind.value for telling in tellings],
        [telling.event_id for telling in tellings],
        [telling.event_version for telling in tellings],
        [telling.registration_id for telling in tellings],
        [telling.place_in_line for telling in tellings],
        [telling.cell for telling in tellings],
        [telling.network for telling in tellings],
        [PRIORITY[telling.kind] for telling in tellings],
        [row.position for row in rows],
        [row.shown_id for row in rows],
        [row.mail_id for row in rows],
        [telling.before_start for telling in tellings],
        [row.wanted.email for row in rows],
        [telling.untold.get(Channel.IN_APP) for telling in tellings],
        [telling.untold.get(Channel.EMAIL) for telling in tellings],
    )


async def insert_many(conn: Conn, many: ManyTold, *, now: datetime) -> None:
    """The rows that `insert` would write for each of them. Ids are counted: to draw them cost a third of the time."""
    notice = many.notice
    await conn.execute(
        """
        INSERT INTO notifications
               (id, cause, person_id, channel, kind, event_id, event_version, registration_id,
                cell, network, state, priority, position, created_at, told_at, next_attempt_at, failure)
        SELECT ($2::text || lpad(to_hex(2 * t.place + way.number), 8, '0'))::uuid, $3::text, t.person_id, way.channel,
               $4::text, $5::uuid, (SELECT max(g.version) FROM gatherings g WHERE g.event_id = $5::uuid),
               t.registration_id, $6::text, $7::text, way.state, $8::int, way.position,
               $1::timestamptz, way.told_at, $1::timestamptz, CASE way.state WHEN 'suppressed' THEN 'switched off' END
          FROM (SELECT p.person_id, p.registration_id, p.place, s.position, known.person_id IS NOT NULL AS has_address
                  FROM unnest($9::uuid[], $10::uuid[]) WITH ORDINALITY AS p (person_id, registration_id, place)
                  LEFT JOIN unnest($11::uuid[], $12::bigint[]) AS s (person_id, position) USING (person_id)
                  LEFT JOIN (SELECT DISTINCT person_id FROM people WHERE person_id = ANY ($9::uuid[])) known
                      USING (person_id)
                 ORDER BY p.place) t
         CROSS JOIN LATERAL (
               VALUES (0, 'in-app', CASE WHEN t.position IS NULL THEN 'suppressed' ELSE 'shown' END,
                       t.position, CASE WHEN t.position IS NOT NULL THEN $1::timestamptz END),
                      (1, 'email', CASE WHEN t.person_id = ANY ($13::uuid[]) THEN 'suppressed'
                                        WHEN t.has_address THEN 'queued' ELSE 'waiting-for-address' END,
                       NULL::bigint, NULL::timestamptz)
               ) AS way (number, channel, state, position, told_at)
        """,
        now,
        str(many.first_id)[:-8],
        notice.cause,
        notice.kind.value,
        notice.event_id,
        notice.cell,
        notice.network,
        PRIORITY[notice.kind],
        many.audience.people,
        many.audience.registrations,
        many.shown,
        many.positions,
        many.unmailed,
    )


async def items(conn: Conn, cell: str, person_id: UUID, *, below: int | None, limit: int) -> list[Item]:
    """A person's list of one cell, the newest first, from below a position on."""
    rows = await conn.fetch(
        """
        SELECT n.id, n.cause, n.network, n.position, n.kind, n.event_id, n.event_version, n.place_in_line, r.code,
               n.told_at, n.read_at
          FROM notifications n
          LEFT JOIN registrations r ON r.registration_id = n.registration_id AND r.status = 'confirmed'
         WHERE n.cell = $1 AND n.person_id = $2 AND n.position IS NOT NULL
           AND ($3::bigint IS NULL OR n.position < $3)
         ORDER BY n.position DESC
         LIMIT $4
        """,
        cell,
        person_id,
        below,
        limit,
    )
    return [Item(**row) for row in rows]


async def item(conn: Conn, cell: str, person_id: UUID, item_id: UUID) -> Item | None:
    """One entry of a person's list, named by itself or by its mail; None where there is none."""
    row = await conn.fetchrow(
        """
        SELECT n.id, n.cause, n.network, n.position, n.kind, n.event_id, n.event_version, n.place_in_line, r.code,
               n.told_at, n.read_at
          FROM notifications asked
          JOIN notifications n ON n.cause = asked.cause AND n.person_id = asked.person_id AND n.position IS NOT NULL
          LEFT JOIN registrations r ON r.registration_id = n.registration_id AND r.status = 'confirmed'
         WHERE asked.id = $3 AND asked.cell = $1 AND asked.person_id = $2
        """,
        cell,
        person_id,
        item_id,
    )
    return Item(**row) if row else None


async def mark_read(conn: Conn, cell: str, person_id: UUID, item_id: UUID, *, at: datetime) -> Item | None:
    """Note that it was read; the first time stands. None where there is no such item in this person's list."""
    row = await conn.fetchrow(
        """
        WITH n AS (
            UPDATE notifications
               SET read_at = coalesce(read_at, $4)
             WHERE id = $3 AND cell = $1 AND person_id = $2 AND position IS NOT NULL
            RETURNING id, cause, network, position, kind, event_id, event_version, place_in_line, registration_id,
                      told_at, read_at)
        SELECT n.id, n.cause, n.network, n.position, n.kind, n.event_id, n.event_version, n.place_in_line, r.code,
               n.told_at, n.read_at
          FROM n
          LEFT JOIN registrations r ON r.registration_id = n.registration_id AND r.status = 'confirmed'
        """,
        cell,
        person_id,
        item_id,
        at,
    )
    return Item(**row) if row else None
