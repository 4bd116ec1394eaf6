"""The attendance list in PostgreSQL: whoever registered, by name, and when they were checked in."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from events_service.people.store import named
from events_service.registrations.model import Status
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom a list shows; None: whoever it may be."""

    status: Status | None = None
    attended: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """One line of the list. Names are missing until membership has told them, and once it has taken them back."""

    registration_id: UUID
    person_id: UUID
    status: Status
    registered_at: datetime
    waited: bool
    attended_at: datetime | None
    given_name: str | None
    family_name: str | None
    network: str | None
    """Name of the network of their main membership on the day, where the reader's own grants reach it."""
    sorted_as: str

    @property
    def position(self) -> tuple[str, UUID]:
        return self.sorted_as, self.registration_id


ATTENDEES_BY_NAME = f"""
WITH listed AS (
    SELECT r.id AS registration_id, r.person_id, r.status, r.registered_at, r.waited, r.attended_at,
           named.given_name, named.family_name, coalesce(named.searched_as, '') AS sorted_as
      FROM registrations r
      {named("r.person_id")}
     WHERE r.event_id = $1
       AND ($2::text IS NULL OR r.status = $2)
       AND ($3::boolean IS NULL OR (r.attended_at IS NOT NULL) = $3)
), shown AS (
    SELECT registration_id, person_id, status, registered_at, waited, attended_at, given_name, family_name,
           sorted_as
      FROM listed
     WHERE $4::text IS NULL OR (sorted_as, registration_id) > ($4, $5::uuid)
     ORDER BY sorted_as, registration_id
     LIMIT $6
)
SELECT registration_id, person_id, status, registered_at, waited, attended_at, given_name, family_name,
       sorted_as,
       (SELECT n.name
          FROM access_memberships m
          JOIN access_networks n USING (network_id)
         WHERE m.person_id = shown.person_id AND m.main AND m.since <= $7
           AND (m.until IS NULL OR $7 <= m.until)
         ORDER BY m.since DESC
         LIMIT 1) AS network
  FROM shown
 ORDER BY sorted_as, registration_id
"""


async def page(
    conn: Conn, event_id: UUID, asked: Asked, *, on: date, after: tuple[str, UUID] | None, limit: int
) -> list[Attendee]:
    """In order of names. on: the day whose memberships are told. The second wall hides those of others' networks."""
    rows = await conn.fetch(
        ATTENDEES_BY_NAME,
        event_id,
        asked.status,
        asked.attended,
        *(after or (None, None)),
        limit,
        on,
    )
    return [Attendee(**(dict(row) | {"status": Status(row["status"])})) for row in rows]
