"""How regularly people came to a network's meetings, in PostgreSQL: two counts for each member, in one statement."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from events_service.meetings.model import MEETING, Attendance
from events_service.people.store import named
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    person_id: UUID
    given_name: str | None
    family_name: str | None
    attendance: Attendance
    sorted_as: str

    @property
    def position(self) -> tuple[str, UUID]:
        return self.sorted_as, self.person_id


MEMBERS_AND_THEIR_MEETINGS = f"""
WITH meetings AS MATERIALIZED (
    SELECT id, (ends_at AT TIME ZONE 'Europe/London')::date AS day
      FROM events
     WHERE cell = $1 AND network_id = $2 AND kind = $3 AND status = 'published'
       AND ends_at <= $4 AND (ends_at AT TIME ZONE 'Europe/London')::date >= $5
), members AS (
    SELECT person_id, coalesce(named.searched_as, '') AS sorted_as, named.given_name, named.family_name
      FROM (SELECT DISTINCT person_id
              FROM access_memberships
             WHERE network_id = $2 AND since <= $6 AND (until IS NULL OR $6 <= until)
               AND ($7::uuid IS NULL OR person_id = $7)) AS current
      {named("current.person_id")}
), shown AS (
    SELECT person_id, sorted_as, given_name, family_name
      FROM members
     WHERE $8::text IS NULL OR (sorted_as, person_id) > ($8, $9::uuid)
     ORDER BY sorted_as, person_id
     LIMIT $10
)
SELECT person_id, sorted_as, given_name, family_name, counted.meetings, counted.attended
  FROM shown
 CROSS JOIN LATERAL (
           SELECT count(*) AS meetings,
                  count(*) FILTER (WHERE EXISTS (
                      SELECT FROM registrations r
                       WHERE r.event_id = meetings.id AND r.person_id = shown.person_id
                         AND r.status <> 'cancelled' AND r.attended_at IS NOT NULL)) AS attended
             FROM meetings
            WHERE EXISTS (SELECT FROM access_memberships m
                           WHERE m.person_id = shown.person_id AND m.network_id = $2
                             AND m.since <= meetings.day AND (m.until IS NULL OR meetings.day <= m.until))
       ) counted
 ORDER BY sorted_as, person_id
"""


async def members(
    conn: Conn,
    cell: str,
    network_id: UUID,
    *,
    since: date,
    at: datetime,
    today: date,
    person_id: UUID | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int,
) -> list[Member]:
    """Today's members of the network itself by name, or only this one, with the meetings from `since` up to now."""
    rows = await conn.fetch(
        MEMBERS_AND_THEIR_MEETINGS,
        cell,
        network_id,
        MEETING,
        at,
        since,
        today,
        person_id,
        *(after or (None, None)),
        limit,
    )
    return [_member(row) for row in rows]


def _member(row: Any) -> Member:
    return Member(
        person_id=row["person_id"],
        given_name=row["given_name"],
        family_name=row["family_name"],
        attendance=Attendance(meetings=row["meetings"], attended=row["attended"]),
        sorted_as=row["sorted_as"],
    )
