"""Manifests, and what they are made of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from notifications_service.manifests.model import Manifest
from servicekit.database import Conn


@dataclass(frozen=True, slots=True)
class Signed:
    manifest: Manifest
    jws: str


async def first_day_without(conn: Conn, cells: Collection[str], *, earliest: date, latest: date) -> date | None:
    """The first day, of those asked about, on which some live agreement of these cells lacks its manifest."""
    found: date | None = await conn.fetchval(
        """
        SELECT min(next) FILTER (WHERE next <= least($3, ends_on))
          FROM (SELECT a.ends_on,
                       greatest($2, a.starts_on, (a.made_at AT TIME ZONE 'Europe/London')::date,
                                (SELECT max(m.day) + 1 FROM stream_manifests m WHERE m.agreement_id = a.agreement_id))
                           AS next
                  FROM agreements a
                 WHERE a.cell = ANY ($1::text[])) AS wanted
        """,
        list(cells),
        earliest,
        latest,
    )
    return found


async def unsigned(conn: Conn, cells: Collection[str], day: date, *, ended_at: datetime) -> list[Manifest]:
    """The manifests of this day that are not there yet, of all live agreements of these cells.

    Each goes on where the agreement's last one ended, up to what had been appended when the day was over: so no
    position is ever in none, whatever the clocks of those that append say.
    """
    rows = await conn.fetch(
        """
        SELECT span.agreement_id, $2::date AS day, span.first, span.last,
               encode(sha256(convert_to(coalesce(
                   (SELECT string_agg(concat(i.position, ' ', i.signal_id, ' ', i.sha256, chr(10)), ''
                                      ORDER BY i.position)
                      FROM stream_items i
                     WHERE i.agreement_id = span.agreement_id AND i.position BETWEEN span.first AND span.last),
                   ''), 'UTF8')), 'hex') AS digest
          FROM (SELECT begun.agreement_id, begun.first,
                       greatest(begun.first - 1,
                                (SELECT max(i.position) FROM stream_items i
                                  WHERE i.agreement_id = begun.agreement_id AND i.appended_at < $3)) AS last
                  FROM (SELECT a.agreement_id,
                               coalesce((SELECT max(m.last) FROM stream_manifests m
                                          WHERE m.agreement_id = a.agreement_id),
                                        (SELECT max(i.position) FROM stream_items i
                                          WHERE i.agreement_id = a.agreement_id AND i.sha256 IS NULL),
                                        (SELECT min(i.position) - 1 FROM stream_items i
                                          WHERE i.agreement_id = a.agreement_id),
                                        0) + 1 AS first
                          FROM agreements a
                         WHERE a.cell = ANY ($1::text[]) AND $2 BETWEEN a.starts_on AND a.ends_on AND a.made_at < $3
                           AND NOT EXISTS (SELECT FROM stream_manifests m
                                            WHERE m.agreement_id = a.agreement_id AND m.day >= $2)) AS begun) AS span
        """,
        list(cells),
        day,
        ended_at,
    )
    return [Manifest(**row) for row in rows]


async def add(conn: Conn, signed: Sequence[Signed], *, now: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO stream_manifests (agreement_id, day, first, last, count, digest, signed, made_at)
        SELECT agreement_id, day, first, last, last - first + 1, digest, signed, $7
          FROM unnest($1::uuid[], $2::date[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
               AS new (agreement_id, day, first, last, digest, signed)
        """,
        [one.manifest.agreement_id for one in signed],
        [one.manifest.day for one in signed],
        [one.manifest.first for one in signed],
        [one.manifest.last for one in signed],
        [one.manifest.digest for one in signed],
        [one.jws for one in signed],
        now,
    )


async def page_of(conn: Conn, agreement_id: UUID, *, after: date | None, limit: int) -> list[Signed]:
    """Those of later days, the oldest first."""
    rows = await conn.fetch(
        """
        SELECT agreement_id, day, first, last, digest, signed
          FROM stream_manifests
         WHERE agreement_id = $1 AND ($2::date IS NULL OR day > $2)
         ORDER BY day
         LIMIT $3
        """,
        agreement_id,
        after,
        limit,
    )
    found = [dict(row) for row in rows]
    return [Signed(jws=row.pop("signed"), manifest=Manifest(**row)) for row in found]


async def forget(conn: Conn, *, before: datetime) -> None:
    """Let go of old ones, but never of an agreement's newest, which the next goes on from."""
    await conn.execute(
        """
        DELETE FROM stream_manifests m
         WHERE m.made_at < $1
           AND EXISTS (SELECT FROM stream_manifests newer
                        WHERE newer.agreement_id = m.agreement_id AND newer.day > m.day)
        """,
        before,
    )
