"""Who was active: joined, registered or attended within the last 90 days, as far as a transaction may see it."""

from datetime import date
from uuid import UUID

from analytics_service.counting.model import ActivityCount
from servicekit.database import Conn

ACTIVE_DAYS = 90
"""The day itself is the last of them."""


async def activity_below(conn: Conn, network_id: UUID, *, on: date, by_tree_of: date) -> list[ActivityCount]:
    """The network and every network below it, with members that day, by path."""
    rows = await conn.fetch(ACTIVITY_BELOW, network_id, on, by_tree_of, ACTIVE_DAYS)
    return [ActivityCount(**row) for row in rows]


ACTIVITY_BELOW = """
WITH tree AS MATERIALIZED (
    SELECT t.network_id, t.path, t.kind, t.name,
           t.since <= $2 AND (t.until IS NULL OR $2 <= t.until) AS open
      FROM tree_on($3) t
), below AS MATERIALIZED (
    SELECT t.network_id, t.path, t.kind, t.name, t.open
      FROM tree t
      JOIN tree root ON root.network_id = $1 AND t.path <@ root.path
), within AS MATERIALIZED (
    SELECT inner_.network_id, outer_.network_id AS counted_in
      FROM below inner_
      JOIN below outer_ ON inner_.path <@ outer_.path
), newest AS MATERIALIZED (
    SELECT DISTINCT ON (v.membership_id) v.person_id, v.network_id, v.since, v.until
      FROM membership_versions v
     ORDER BY v.membership_id, v.version DESC
), days AS (
    SELECT ($2::date - $4::int + 1)::timestamp AT TIME ZONE 'Europe/London' AS first,
           ($2::date + 1)::timestamp AT TIME ZONE 'Europe/London' AS beyond
), active AS MATERIALIZED (
    SELECT n.person_id FROM newest n WHERE n.since <= $2 AND n.since > $2::date - $4::int
     UNION
    SELECT r.person_id FROM registrations r, days WHERE r.registered_at >= days.first AND r.registered_at < days.beyond
     UNION
    SELECT r.person_id FROM registrations r, days WHERE r.attended_at >= days.first AND r.attended_at < days.beyond
), belonged AS MATERIALIZED (
    SELECT DISTINCT w.counted_in, n.person_id, bool_or(n.network_id = w.counted_in) AS directly
      FROM newest n
      JOIN within w USING (network_id)
     WHERE n.since <= $2 AND (n.until IS NULL OR $2 <= n.until)
     GROUP BY w.counted_in, n.person_id
), counts AS (
    SELECT b.counted_in AS network_id, count(*) AS members, count(a.person_id) AS active,
           count(*) FILTER (WHERE b.directly) AS directly,
           count(a.person_id) FILTER (WHERE b.directly) AS active_directly
      FROM belonged b
      LEFT JOIN active a USING (person_id)
     GROUP BY b.counted_in
)
SELECT b.network_id, b.path::text AS path, b.kind, b.name,
       coalesce(c.members, 0) AS members, coalesce(c.active, 0) AS active,
       coalesce(c.directly, 0) AS directly, coalesce(c.active_directly, 0) AS active_directly
  FROM below b
  LEFT JOIN counts c USING (network_id)
 WHERE b.open OR c.members > 0 OR b.network_id = $1
 ORDER BY b.path
"""
