"""Counts in few statements; what a transaction may not see, it does not count."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from analytics_service.counting.model import Coverage, CoverageOn, Event, Network, NetworkCount, PartCount
from analytics_service.disclosure.funnels import MEASURES
from servicekit.database import Conn


async def find_network(conn: Conn, network_id: UUID, *, on: date) -> Network | None:
    row = await conn.fetchrow(
        """
        SELECT network_id, path::text AS path, kind, name, cell
          FROM tree_on($2)
         WHERE network_id = $1
        """,
        network_id,
        on,
    )
    return Network(**row) if row else None


async def networks(conn: Conn, on: date) -> list[Network]:
    """The whole tree as it was that day, by path."""
    rows = await conn.fetch(
        "SELECT network_id, path::text AS path, kind, name, cell FROM tree_on($1) ORDER BY path", on
    )
    return [Network(**row) for row in rows]


async def find_event(conn: Conn, event_id: UUID, *, on: date) -> Event | None:
    """None too while its network is not known here."""
    row = await conn.fetchrow(
        """
        SELECT e.event_id, e.title, e.starts_at, e.ends_at,
               (e.published_at AT TIME ZONE 'Europe/London')::date AS published_on,
               n.network_id, n.path::text AS path, n.kind, n.name, n.cell
          FROM events e
          JOIN tree_on($2) n USING (network_id)
         WHERE e.event_id = $1
        """,
        event_id,
        on,
    )
    if row is None:
        return None
    found = dict(row)
    network = Network(**{name: found.pop(name) for name in ("network_id", "path", "kind", "name", "cell")})
    return Event(network=network, **found)


async def members_below(
    conn: Conn, network_id: UUID, *, on: date, by_tree_of: date | None = None
) -> list[NetworkCount]:
    """The network and every network below it that day, open or with members, by path.

    by_tree_of: the day whose tree says what lies below; the day itself where none is given.
    """
    rows = await conn.fetch(MEMBERS_BELOW, network_id, on, by_tree_of or on)
    return [NetworkCount(**row) for row in rows]


MEMBERS_BELOW = """
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
), belonging AS MATERIALIZED (
    SELECT m.person_id, m.network_id FROM memberships_on($2, 'infinity') m
), counts AS (
    SELECT w.counted_in AS network_id,
           count(DISTINCT m.person_id) AS members,
           count(DISTINCT m.person_id) FILTER (WHERE m.network_id = w.counted_in) AS directly
      FROM belonging m
      JOIN within w USING (network_id)
     GROUP BY w.counted_in
)
SELECT b.network_id, b.path::text AS path, b.kind, b.name, b.open,
       coalesce(c.members, 0) AS members, coalesce(c.directly, 0) AS directly
  FROM below b
  LEFT JOIN counts c USING (network_id)
 WHERE b.open OR c.members > 0 OR b.network_id = $1
 ORDER BY b.path
"""


async def coverage_on(
    conn: Conn, network_id: UUID, days: Sequence[date], *, by_tree_of: date | None = None
) -> list[CoverageOn]:
    """Of the network's trusts on each of these days, by the trees of those days or by that of one day."""
    rows = await conn.fetch(COVERAGE, network_id, list(days), by_tree_of)
    return [CoverageOn(day=row["day"], coverage=Coverage(row["trusts"], row["with_members"])) for row in rows]


COVERAGE = """
WITH newest AS (
    SELECT DISTINCT ON (membership_id) network_id, since, until
      FROM membership_versions
     ORDER BY membership_id, version DESC
), held AS MATERIALIZED (
    SELECT network_id, range_agg(daterange(since, until, '[]')) AS days
      FROM newest
     WHERE until IS NULL OR since <= until
     GROUP BY network_id
), today AS MATERIALIZED (
    SELECT network_id, kind, since, until FROM tree_on('infinity')
), tree AS MATERIALIZED (
    SELECT d.day, t.network_id, t.path, n.kind = 'trust' AS is_trust,
           n.since <= d.day AND (n.until IS NULL OR d.day <= n.until) AS open
      FROM unnest($2::date[]) AS d (day)
      JOIN tree_over_time($3) t ON t.since <= d.day AND d.day <= t.until
      JOIN today n USING (network_id)
), covered AS MATERIALIZED (
    SELECT DISTINCT t.day, subpath(t.path, 0, depth) AS path
      FROM tree t
      JOIN held h USING (network_id)
     CROSS JOIN LATERAL generate_series(1, nlevel(t.path)) AS depth
     WHERE h.days @> t.day
), trusts AS (
    SELECT t.day, c.path IS NOT NULL AS has_members
      FROM tree t
      JOIN tree root ON root.day = t.day AND root.network_id = $1
      LEFT JOIN covered c ON c.day = t.day AND c.path = t.path
     WHERE t.is_trust AND t.open AND t.path <@ root.path
)
SELECT d.day, count(t.day) AS trusts, count(*) FILTER (WHERE t.has_members) AS with_members
  FROM unnest($2::date[]) AS d (day)
  LEFT JOIN trusts t USING (day)
 GROUP BY d.day
 ORDER BY d.day
"""


async def funnel(conn: Conn, event_id: UUID, *, until: date | None = None) -> list[PartCount]:
    """Each person once: at home in the event's own network or next below it as of its publication, else elsewhere.

    Home is the main membership there, else the one with the lowest id. until: the last day that counts, None for now.
    """
    rows = await conn.fetch(FUNNEL, event_id, until or date.max)
    return [_part(dict(row)) for row in rows]


FUNNEL = """
WITH event AS (
    SELECT network_id, published_at, (published_at AT TIME ZONE 'Europe/London')::date AS day
      FROM events
     WHERE event_id = $1
), tree AS MATERIALIZED (
    SELECT t.network_id, t.path, t.kind, t.name, t.cell,
           t.since <= event.day AND (t.until IS NULL OR event.day <= t.until) AS open
      FROM event, tree_on(event.day) t
), held AS (
    SELECT tree.path FROM tree JOIN event USING (network_id)
), own AS MATERIALIZED (
    SELECT tree.network_id, tree.path, tree.kind, tree.name, tree.cell
      FROM tree, held
     WHERE tree.path <@ held.path AND nlevel(tree.path) <= nlevel(held.path) + 1
       AND (tree.open OR tree.path = held.path)
), home_of AS (
    SELECT DISTINCT ON (tree.network_id) tree.network_id, own.network_id AS part
      FROM tree
      JOIN own ON tree.path <@ own.path
     ORDER BY tree.network_id, nlevel(own.path) DESC, own.network_id
), belonging AS MATERIALIZED (
    SELECT m.membership_id, m.person_id, m.network_id, m.was_main, m.is_main
      FROM event, memberships_on(event.day, event.published_at) m
), home AS (
    SELECT DISTINCT ON (m.person_id) m.person_id, home_of.part
      FROM belonging m
      JOIN home_of USING (network_id)
     ORDER BY m.person_id, m.was_main DESC, m.is_main DESC, m.membership_id
), happened AS (
    SELECT person_id, 'eligible' AS measure, event.day AS day
      FROM event, eligible_people($1)
     UNION ALL
    SELECT person_id, 'told', (told_at AT TIME ZONE 'Europe/London')::date
      FROM tellings
     WHERE event_id = $1
     UNION ALL
    SELECT r.person_id, step.measure, (step.at AT TIME ZONE 'Europe/London')::date
      FROM registrations r
     CROSS JOIN LATERAL (VALUES ('registered', r.registered_at),
                                ('waited', CASE WHEN r.waited THEN r.registered_at END),
                                ('attended', r.attended_at)) AS step (measure, at)
     WHERE r.event_id = $1 AND step.at IS NOT NULL
), counts AS (
    SELECT home.part,
           count(DISTINCT h.person_id) FILTER (WHERE h.measure = 'eligible') AS eligible,
           count(DISTINCT h.person_id) FILTER (WHERE h.measure = 'told') AS told,
           count(DISTINCT h.person_id) FILTER (WHERE h.measure = 'registered') AS registered,
           count(DISTINCT h.person_id) FILTER (WHERE h.measure = 'waited') AS waited,
           count(DISTINCT h.person_id) FILTER (WHERE h.measure = 'attended') AS attended
      FROM happened h
      LEFT JOIN home USING (person_id)
     WHERE h.day <= $2
     GROUP BY home.part
), parts AS (
    SELECT network_id, path, kind, name, cell FROM own
     UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL
)
SELECT p.network_id, p.path::text AS path, p.kind, p.name, p.cell,
       coalesce(c.eligible, 0) AS eligible, coalesce(c.told, 0) AS told, coalesce(c.registered, 0) AS registered,
       coalesce(c.waited, 0) AS waited, coalesce(c.attended, 0) AS attended
  FROM parts p
  LEFT JOIN counts c ON c.part IS NOT DISTINCT FROM p.network_id
 ORDER BY p.path NULLS LAST
"""


def _part(row: dict[str, Any]) -> PartCount:
    counts = {measure: row.pop(measure) for measure in MEASURES}
    return PartCount(network=Network(**row) if row["network_id"] else None, counts=counts)
