"""Which partner was given something about whom, and how far each has taken in that somebody is erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from notifications_service.streams.store import NewItem
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a partner was given about somebody who is erased now, and was not told so yet."""

    agreement_id: UUID
    cell: str
    by_name: bool
    items: Sequence[UUID]
    """The ids of the items about them that are still kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """A partner that was told that somebody is erased, and how far it has taken that in."""

    erasure_id: UUID
    agreement_id: UUID
    body: str
    told_at: datetime
    position: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None


async def note_disclosed(conn: Conn, items: Sequence[NewItem], *, now: datetime) -> None:
    """Which partner has been given something about whom is known for longer than the items are kept."""
    by_name: dict[tuple[UUID, UUID], bool] = {}
    for item in items:
        if item.person_id is not None:
            pair = (item.agreement_id, item.person_id)
            by_name[pair] = by_name.get(pair, False) or "person_id" in item.data
    if not by_name:
        return
    await conn.execute(
        """
        INSERT INTO disclosures AS known (agreement_id, person_id, by_name, first_at)
        SELECT agreement_id, person_id, by_name, $4
          FROM unnest($1::uuid[], $2::uuid[], $3::bool[]) AS new (agreement_id, person_id, by_name)
            ON CONFLICT (agreement_id, person_id) DO UPDATE SET by_name = true
         WHERE excluded.by_name AND NOT known.by_name
        """,
        [agreement_id for agreement_id, _ in by_name],
        [person_id for _, person_id in by_name],
        list(by_name.values()),
        now,
    )


async def untold(conn: Conn, person_id: UUID) -> list[Given]:
    rows = await conn.fetch(
        """
        SELECT d.agreement_id, a.cell, d.by_name,
               ARRAY(SELECT i.signal_id FROM stream_items i
                      WHERE i.agreement_id = d.agreement_id AND i.person_id = $1
                      ORDER BY i.position) AS items
          FROM disclosures d
          JOIN agreements a USING (agreement_id)
         WHERE d.person_id = $1 AND d.told_at IS NULL
         ORDER BY d.agreement_id
        """,
        person_id,
    )
    return [Given(**row) for row in rows]


async def note_told(
    conn: Conn, person_id: UUID, positions: Mapping[UUID, int], *, erasure_id: UUID, now: datetime
) -> None:
    """positions: where in the feed of each agreement it stands."""
    await conn.execute(
        """
        UPDATE disclosures d
           SET erasure_id = $2, told_at = $3, position = told.position
          FROM unnest($4::uuid[], $5::bigint[]) AS told (agreement_id, position)
         WHERE d.agreement_id = told.agreement_id AND d.person_id = $1
        """,
        person_id,
        erasure_id,
        now,
        list(positions),
        list(positions.values()),
    )


async def note_delivered(conn: Conn, deliveries: Sequence[UUID], *, now: datetime) -> None:
    """Webhooks that were answered with 2xx."""
    await conn.execute(
        """
        UPDATE disclosures d
           SET acknowledged_at = $2, acknowledged_by = 'webhook'
          FROM webhook_deliveries w
          JOIN webhook_subscriptions s ON s.id = w.subscription_id
         WHERE w.id = ANY ($1::uuid[]) AND w.state = 'delivered'
           AND d.agreement_id = s.agreement_id AND d.position = w.position AND d.acknowledged_at IS NULL
        """,
        list(deliveries),
        now,
    )


async def is_unacknowledged(conn: Conn, agreement_id: UUID, *, upto: int) -> bool:
    """Whether something up to this position waits to be acknowledged by whoever reads on from there."""
    found: bool = await conn.fetchval(
        """
        SELECT EXISTS (SELECT FROM disclosures
                        WHERE agreement_id = $1 AND position <= $2 AND acknowledged_at IS NULL)
        """,
        agreement_id,
        upto,
    )
    return found


async def note_read(conn: Conn, agreement_id: UUID, *, upto: int, now: datetime) -> None:
    await conn.execute(
        """
        UPDATE disclosures
           SET acknowledged_at = $3, acknowledged_by = 'feed'
         WHERE agreement_id = $1 AND position <= $2 AND acknowledged_at IS NULL
        """,
        agreement_id,
        upto,
        now,
    )


async def page_of(
    conn: Conn, cell: str, *, erasure_id: UUID | None, after: Sequence[Any] | None, limit: int
) -> list[Disclosure]:
    """Of agreements of this cell, in the order in which partners were told. after: what was seen last."""
    told_at, agreement_id, position = after or (None, None, None)
    rows = await conn.fetch(
        """
        SELECT d.erasure_id, d.agreement_id, a.body, d.told_at, d.position, d.acknowledged_at, d.acknowledged_by
          FROM disclosures d
          JOIN agreements a USING (agreement_id)
         WHERE a.cell = $1 AND d.erasure_id IS NOT NULL AND ($2::uuid IS NULL OR d.erasure_id = $2)
           AND ($3::timestamptz IS NULL OR (d.told_at, d.agreement_id, d.position) > ($3, $4::uuid, $5::bigint))
         ORDER BY d.told_at, d.agreement_id, d.position
         LIMIT $6
        """,
        cell,
        erasure_id,
        told_at,
        agreement_id,
        position,
        limit,
    )
    return [Disclosure(**row) for row in rows]
