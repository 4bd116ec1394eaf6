"""Who stayed: of those who joined in a month, how many belonged so many months after."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from analytics_service.counting.model import CohortCount
from servicekit.database import Conn


async def cohorts(
    conn: Conn,
    network_id: UUID,
    *,
    first: date,
    last: date,
    after: Sequence[int],
    today: date,
    by_tree_of: date | None,
) -> list[CohortCount]:
    """The cohorts of the months from first to last, both given by their first day.

    after: numbers of months; each counts on its month's last day, once that has come. by_tree_of: None for the trees
    of the days that are asked about.
    """
    rows = await conn.fetch(COHORTS, network_id, by_tree_of, first, last, list(after), today)
    return [
        CohortCount(
            month=row["month"],
            joined=row["joined"],
            still=dict(zip(row["after"], row["still"], strict=True)),
        )
        for row in rows
    ]


COHORTS = """
WITH belonging AS MATERIALIZED (
    SELECT b.person_id, b.since, b.until FROM belonging_to($1, $2) b
), joined AS MATERIALIZED (
    SELECT b.person_id, date_trunc('month', min(b.since))::date AS month
      FROM belonging b
     GROUP BY b.person_id
    HAVING date_trunc('month', min(b.since))::date BETWEEN $3 AND $4 AND min(b.since) <= $6
), points AS MATERIALIZED (
    SELECT m.month::date AS month, a.after,
           (m.month + make_interval(months => a.after + 1))::date - 1 AS day
      FROM generate_series($3::date::timestamp, $4::date::timestamp, interval '1 month') AS m (month)
     CROSS JOIN unnest($5::int[]) AS a (after)
), stayed AS (
    SELECT p.month, p.after, count(DISTINCT b.person_id) AS still
      FROM points p
      JOIN joined j USING (month)
      JOIN belonging b ON b.person_id = j.person_id AND b.since <= p.day AND p.day <= b.until
     WHERE p.day <= $6
     GROUP BY p.month, p.after
), sizes AS (
    SELECT month, count(*) AS joined FROM joined GROUP BY month
)
SELECT p.month, coalesce(s.joined, 0) AS joined,
       coalesce(array_agg(p.after ORDER BY p.after) FILTER (WHERE p.day <= $6), '{}') AS after,
       coalesce(array_agg(coalesce(st.still, 0) ORDER BY p.after) FILTER (WHERE p.day <= $6), '{}') AS still
  FROM points p
  LEFT JOIN sizes s USING (month)
  LEFT JOIN stayed st USING (month, after)
 GROUP BY p.month, s.joined
 ORDER BY p.month
"""
