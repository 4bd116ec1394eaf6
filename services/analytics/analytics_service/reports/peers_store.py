"""Networks of one kind beside each other, as they were published for one day; names are those of today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from asyncpg import Record

from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    """Published figures of one network; None where suppressed, or not published for that day."""

    network_id: UUID
    name: str
    kind: str
    members: int | None
    active: int | None
    trusts: int
    trusts_with_members: int


async def trusts_like(
    conn: Conn, network_id: UUID, *, of_region: bool, until: date
) -> tuple[date | None, list[PeerRow]]:
    """The trust and others: of its region, or else of its sector. On the newest day that it was published for."""
    rows = await conn.fetch(TRUSTS_LIKE, network_id, of_region, until)
    return _of_one_day(rows)


TRUSTS_LIKE = """
WITH newest AS (
    SELECT max(day) AS day FROM published_members WHERE network_id = $1 AND day <= $3
), sector AS (
    SELECT DISTINCT ON (network_id) network_id, sector FROM network_versions ORDER BY network_id, version DESC
), own AS (
    SELECT t.path, s.sector FROM tree_on($3) t JOIN sector s USING (network_id) WHERE t.network_id = $1
)
SELECT p.day, p.network_id, n.name, n.kind, p.members, a.active, p.trusts, p.trusts_with_members
  FROM published_members p
  JOIN newest USING (day)
  JOIN tree_on($3) n USING (network_id)
  JOIN sector s USING (network_id)
  LEFT JOIN published_activity a ON a.network_id = p.network_id AND a.day = p.day
 CROSS JOIN own
 WHERE n.kind = 'trust'
   AND CASE WHEN $2 THEN subpath(n.path, 0, -1) = subpath(own.path, 0, -1)
            ELSE s.sector = own.sector OR p.network_id = $1 END
 ORDER BY p.network_id <> $1, n.name, n.network_id
 LIMIT 300
"""


async def regions(
    conn: Conn, network_id: UUID, *, labels: Mapping[str, str], until: date
) -> tuple[date | None, list[PeerRow]]:
    """All regions as the national network published them, on the newest day that it published this one for.

    labels: by the path of each region, its name where its own has not been heard of here.
    """
    rows = await conn.fetch(REGIONS, network_id, until, list(labels), list(labels.values()))
    return _of_one_day(rows)


REGIONS = """
WITH newest AS (
    SELECT max(day) AS day FROM heard_members WHERE network_id = $1 AND day <= $2
)
SELECT m.day, m.network_id, coalesce(n.name, l.label) AS name, 'region' AS kind, m.members, a.active, m.trusts,
       m.trusts_with_members
  FROM heard_members m
  JOIN newest USING (day)
  JOIN unnest($3::text[], $4::text[]) AS l (path, label) ON l.path = m.path::text
  LEFT JOIN tree_on($2) n ON n.network_id = m.network_id
  LEFT JOIN heard_activity a ON a.network_id = m.network_id AND a.day = m.day
 ORDER BY m.network_id <> $1, name, m.network_id
"""


def _of_one_day(rows: Sequence[Record]) -> tuple[date | None, list[PeerRow]]:
    peers = [
        PeerRow(
            network_id=row["network_id"],
            name=row["name"],
            kind=row["kind"],
            members=row["members"],
            active=row["active"],
            trusts=row["trusts"],
            trusts_with_members=row["trusts_with_members"],
        )
        for row in rows
    ]
    return (rows[0]["day"] if rows else None), peers
