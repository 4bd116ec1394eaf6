"""The door list: an event's registrations with their names, found however a steward spells them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from events_service.gatherings.model import Event
from events_service.people.store import named
from events_service.registrations import admission
from events_service.registrations.model import Status
from events_service.registrations.store import Standing, standing_of
from servicekit.database import Conn, admit


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the list. The names are missing until membership has told them, and once it has taken them back."""

    standing: Standing
    given_name: str | None
    family_name: str | None
    position: tuple[bool, str, UUID]
    """Whether the name is only much like what was asked for; family name and given name as searched; id."""


async def may_not_come(conn: Conn, event: Event, entries: Sequence[Entry], *, on: date) -> dict[UUID, str]:
    """Of those with a place or a place in line, who may not come any more: registration to the code of why.

    The caller has been allowed to see the event's list: what decides is the memberships of everybody on it, also of
    those whose networks the caller has no part in.
    """
    registrations = [entry.standing.registration for entry in entries]
    live = {one.id: one.person_id for one in registrations if one.status is not Status.CANCELLED}
    if not live:
        return {}
    await admit(conn, event.id)
    answers = await admission.answers(conn, event, list(live.values()), on=on)
    return {id: answers[person].code for id, person in live.items() if not answers[person].ok}


LISTED_AND_FOUND = f"""
WITH listed AS (
    SELECT r.id, r.event_id, r.person_id, r.status, r.place, r.code, r.registered_at, r.waited,
           r.attended_at, r.flag, r.version, named.given_name, named.family_name,
           coalesce(named.searched_as, '') AS sorted_as
      FROM registrations r
      {named("r.person_id")}
     WHERE r.event_id = $1
       AND ($2::text IS NULL OR r.status = $2)
), found AS (
    SELECT listed.id, asked.is_like AND NOT asked.is_so AS is_like
      FROM listed
     CROSS JOIN LATERAL (
               SELECT coalesce(bool_and(begins), true) AS is_so,
                      coalesce(bool_and(begins OR word_similarity(word, sorted_as) >= 0.33), true) AS is_like
                 FROM unnest($3::text[]) AS word
                CROSS JOIN LATERAL (SELECT strpos(' ' || sorted_as, ' ' || word) > 0 AS begins) spelled
           ) asked
     WHERE asked.is_like
)
SELECT id, event_id, person_id, status, place, code, registered_at, waited, attended_at, flag, version,
       given_name, family_name, is_like, sorted_as,
       (SELECT count(*) FROM waiting_places w
         WHERE w.event_id = listed.event_id AND w.place <= listed.place) AS place_in_line
  FROM listed
  JOIN found USING (id)
 WHERE $4::boolean IS NULL OR (is_like, sorted_as, id) > ($4, $5::text, $6::uuid)
 ORDER BY is_like, sorted_as, id
 LIMIT $7
"""


async def page(
    conn: Conn,
    event_id: UUID,
    *,
    words: Sequence[str] | None,
    status: str | None,
    after: tuple[bool, str, UUID] | None,
    limit: int,
) -> list[Entry]:
    """In order of names. words: each begins one of the names (these come first) or is much like it; None: everybody."""
    rows = await conn.fetch(
        LISTED_AND_FOUND,
        event_id,
        status,
        words,
        *(after or (None, None, None)),
        limit,
    )
    return [
        Entry(
            standing=standing_of(row),
            given_name=row["given_name"],
            family_name=row["family_name"],
            position=(row["is_like"], row["sorted_as"], row["id"]),
        )
        for row in rows
    ]
