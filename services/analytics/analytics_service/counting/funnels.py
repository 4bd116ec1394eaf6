"""Funnels of one or many events by network, sector or job role: each person once for each event."""

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from analytics_service.counting.model import GroupCount
from analytics_service.disclosure.funnels import MEASURES
from servicekit.database import Conn

By = Literal["network", "sector", "job-role"]


async def events_within(
    conn: Conn, network_id: UUID, *, first: date, last: date, by_tree_of: date | None, limit: int
) -> list[UUID]:
    """Events of the network and below that began in these days and had been published, the earliest first."""
    rows = await conn.fetch(EVENTS_WITHIN, network_id, first, last, by_tree_of, limit)
    return [row["event_id"] for row in rows]


EVENTS_WITHIN = """
WITH stood AS MATERIALIZED (
    SELECT t.network_id, t.path, t.since, t.until FROM tree_over_time($4) t
)
SELECT e.event_id
  FROM events e
 CROSS JOIN LATERAL (SELECT (e.published_at AT TIME ZONE 'Europe/London')::date AS day) AS published
  JOIN stood s ON s.network_id = e.network_id AND published.day BETWEEN s.since AND s.until
  JOIN stood top ON top.network_id = $1 AND published.day BETWEEN top.since AND top.until
 WHERE s.path <@ top.path
   AND e.starts_at >= $2::date::timestamp AT TIME ZONE 'Europe/London'
   AND e.starts_at < ($3::date + 1)::timestamp AT TIME ZONE 'Europe/London'
 ORDER BY e.starts_at, e.event_id
 LIMIT $5
"""


async def grouped(
    conn: Conn, network_id: UUID, event_ids: Sequence[UUID], *, by: By, placed_on: date | None
) -> list[GroupCount]:
    """Summed over these events, by where people were at home in the network (key: an id), or by what they were.

    placed_on: the day whose memberships say where somebody is and what they are; for each event the day it was
    published where none is given. Who is not at home there stands under no key; who has no sector or job role under "".
    """
    await conn.execute("SELECT set_config('work_mem', '64MB', true)")
    rows = await conn.fetch(GROUPED, network_id, list(event_ids), by, placed_on)
    return [
        GroupCount(
            key=row["key"],
            elsewhere=row["elsewhere"],
            counts={measure: row[measure] for measure in MEASURES},
        )
        for row in rows
    ]


GROUPED = """
WITH chosen AS MATERIALIZED (
    SELECT e.event_id, e.open_to, e.sectors, e.job_roles, e.published_at, published.day,
           coalesce($4, published.day) AS placed_on
      FROM events e
     CROSS JOIN LATERAL (SELECT (e.published_at AT TIME ZONE 'Europe/London')::date AS day) AS published
     WHERE e.event_id = ANY ($2::uuid[])
), stood AS MATERIALIZED (
    SELECT t.network_id, t.path, t.since, t.until FROM tree_over_time(NULL) t
), trees AS MATERIALIZED (
    SELECT t.network_id, t.path, t.since, t.until FROM tree_over_time($4) t
), described AS MATERIALIZED (
    SELECT v.membership_id, v.person_id, v.network_id, v.sector, v.job_role, v.is_main, v.alone,
           greatest(v.since, v.from_day) AS since, least(v.until, v.to_day) AS until
      FROM (SELECT m.membership_id, m.person_id, m.network_id, m.sector, m.job_role,
                   first_value(m.main) OVER newest AS is_main,
                   first_value(m.since) OVER newest AS since,
                   coalesce(first_value(m.until) OVER newest, 'infinity') AS until,
                   CASE WHEN lag(m.version) OVER oldest IS NULL THEN '-infinity' ELSE m.described_from END AS from_day,
                   coalesce(min(m.described_from) OVER later - 1, 'infinity') AS to_day,
                   min(m.membership_id::text) OVER somebody = max(m.membership_id::text) OVER somebody AS alone
              FROM membership_versions m
            WINDOW newest AS (PARTITION BY m.membership_id ORDER BY m.version DESC),
                   oldest AS (PARTITION BY m.membership_id ORDER BY m.version),
                   later AS (PARTITION BY m.membership_id ORDER BY m.version
                             ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
                   somebody AS (PARTITION BY m.person_id)) AS v
), open AS MATERIALIZED (
    SELECT DISTINCT c.event_id, c.day, c.sectors, c.job_roles, s.network_id
      FROM chosen c
     CROSS JOIN LATERAL unnest(c.open_to) AS o (root_id)
      JOIN stood r ON r.network_id = o.root_id AND c.day BETWEEN r.since AND r.until
      JOIN stood s ON s.path <@ r.path AND c.day BETWEEN s.since AND s.until
), happened AS (
    SELECT o.event_id, d.person_id, 1 AS flag
      FROM open o
      JOIN described d ON d.network_id = o.network_id AND o.day BETWEEN d.since AND d.until
     WHERE (o.sectors = '{}' OR d.sector = ANY (o.sectors)) AND (o.job_roles = '{}' OR d.job_role = ANY (o.job_roles))
     UNION ALL
    SELECT t.event_id, t.person_id, 2 FROM tellings t WHERE t.event_id = ANY ($2::uuid[])
     UNION ALL
    SELECT r.event_id, r.person_id,
           4 + CASE WHEN r.waited THEN 8 ELSE 0 END + CASE WHEN r.attended_at IS NULL THEN 0 ELSE 16 END
      FROM registrations r
     WHERE r.event_id = ANY ($2::uuid[])
), people AS MATERIALIZED (
    SELECT event_id, person_id, bit_or(flag) AS flags FROM happened GROUP BY event_id, person_id
), places AS MATERIALIZED (
    SELECT s.network_id, greatest(s.since, top.since) AS since, least(s.until, top.until) AS until,
           subpath(s.path, 0, least(nlevel(s.path), nlevel(top.path) + 1)) AS path
      FROM trees top
      JOIN trees s ON s.path <@ top.path AND greatest(s.since, top.since) <= least(s.until, top.until)
     WHERE top.network_id = $1
), placed AS MATERIALIZED (
    SELECT d.person_id, d.membership_id, d.is_main, d.alone,
           greatest(d.since, pl.since) AS since, least(d.until, pl.until) AS until,
           CASE $3 WHEN 'network' THEN pl.path::text WHEN 'sector' THEN d.sector ELSE d.job_role END AS key
      FROM described d
      JOIN places pl USING (network_id)
     WHERE greatest(d.since, pl.since) <= least(d.until, pl.until)
), home AS MATERIALIZED (
    SELECT p.flags, h.key
      FROM people p
      JOIN chosen c USING (event_id)
      JOIN placed h ON h.person_id = p.person_id AND c.placed_on BETWEEN h.since AND h.until
     WHERE h.alone
     UNION ALL
    (SELECT DISTINCT ON (p.event_id, p.person_id) p.flags, h.key
       FROM people p
       JOIN chosen c USING (event_id)
       JOIN placed h ON h.person_id = p.person_id AND c.placed_on BETWEEN h.since AND h.until
      WHERE NOT h.alone
      ORDER BY p.event_id, p.person_id,
               coalesce((SELECT v.main
                           FROM membership_versions v
                          WHERE v.membership_id = h.membership_id AND v.told_at <= c.published_at
                          ORDER BY v.version DESC
                          LIMIT 1), false) DESC,
               h.is_main DESC, h.membership_id)
), counted AS (
    SELECT false AS elsewhere, coalesce(key, '') AS key, flags, count(*) AS people FROM home GROUP BY 2, 3
     UNION ALL
    SELECT true, NULL, flags, sum(people)
      FROM (SELECT flags, count(*) AS people FROM people GROUP BY flags
             UNION ALL
            SELECT flags, -count(*) FROM home GROUP BY flags) AS difference
     GROUP BY flags
), paths AS (
    SELECT DISTINCT ON (path) path::text AS path, network_id FROM trees ORDER BY path, until DESC, network_id
)
SELECT c.elsewhere,
       CASE WHEN $3 = 'network' AND NOT c.elsewhere THEN coalesce(n.network_id, $1)::text ELSE c.key END AS key,
       coalesce(sum(people) FILTER (WHERE flags & 1 > 0), 0)::bigint AS eligible,
       coalesce(sum(people) FILTER (WHERE flags & 2 > 0), 0)::bigint AS told,
       coalesce(sum(people) FILTER (WHERE flags & 4 > 0), 0)::bigint AS registered,
       coalesce(sum(people) FILTER (WHERE flags & 8 > 0), 0)::bigint AS waited,
       coalesce(sum(people) FILTER (WHERE flags & 16 > 0), 0)::bigint AS attended
  FROM counted c
  LEFT JOIN paths n ON n.path = c.key
 GROUP BY 1, 2
HAVING sum(people) > 0
 ORDER BY 1, 2
"""
