"""Ten years of a network of 10,000 members, written straight into the fact tables: for questions of speed alone."""

from typing import Any

import asyncpg

# Numbered, so that everybody can be computed: 7 regions, 200 trusts, 18,000 people of whom 10,000 are still members.
DECADE = """
SET search_path = projection_a, public;

CREATE FUNCTION pg_temp.an_id(kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT md5(kind || number)::uuid $$;

INSERT INTO network_versions (network_id, version, told_on, kind, name, path, cell, since, sector)
SELECT :national, 1, date '2016-01-01', 'national', 'National', ltree 'national', 'national', date '2016-01-01',
       NULL::text
 UNION ALL
SELECT pg_temp.an_id('region', r), 1, date '2016-01-01', 'region', 'Region ' || r, ('national.r' || r)::ltree,
       'midlands', date '2016-01-01', NULL
  FROM generate_series(1, 7) r
 UNION ALL
SELECT pg_temp.an_id('trust', t), 1, date '2016-01-01', 'trust', 'Trust ' || t,
       ('national.r' || (t % 7 + 1) || '.t' || t)::ltree, 'midlands', date '2016-01-01',
       (ARRAY['acute', 'community', 'mental_health', 'ambulance'])[t % 4 + 1]
  FROM generate_series(1, 200) t;

INSERT INTO membership_versions (membership_id, version, told_at, person_id, network_id, main, since, until, job_role,
                                 sector, described_from)
SELECT pg_temp.an_id('membership', p), v, now() - interval '10 years' + interval '1 day' * (p % 3600 + v * 30),
       pg_temp.an_id('person', p), pg_temp.an_id('trust', p % 200 + 1), true,
       current_date - 3650 + (p % 3600)::int,
       CASE WHEN v = 3 AND p > 10000 THEN current_date - 3650 + (p % 3600)::int + (p % 700)::int END,
       (ARRAY['service-manager', 'operational-manager', 'general-manager', 'director'])[(p + v) % 4 + 1],
       (ARRAY['acute', 'community', 'mental_health', 'ambulance'])[p % 4 + 1],
       current_date - 3650 + (p % 3600)::int + (v - 1) * 30
  FROM generate_series(1, 18000) p, generate_series(1, 3) v;

INSERT INTO events (event_id, version, network_id, kind, title, starts_at, ends_at, published_at, cancelled, open_to,
                    sectors, job_roles)
SELECT pg_temp.an_id('event', e), 1, home, 'webinar', 'Event ' || e, at, at + interval '2 hours',
       at - interval '40 days', false, ARRAY[home], '{}', '{}'
  FROM (SELECT e, now() - interval '10 years' + interval '182 hours' * e AS at,
               CASE WHEN e % 8 = 0 THEN :national ELSE pg_temp.an_id('region', e % 8) END AS home
          FROM generate_series(1, 480) e) AS held;

INSERT INTO registrations (registration_id, version, event_id, person_id, registered_at, waited, attended_at)
SELECT md5('registration' || e || '/' || n)::uuid, 1, pg_temp.an_id('event', e),
       pg_temp.an_id('person', (e * 37 + n * 11) % 18000 + 1), ev.published_at + interval '1 hour' * n, n % 9 = 0,
       CASE WHEN n % 3 > 0 THEN ev.starts_at END
  FROM generate_series(1, 480) e
  JOIN events ev ON ev.event_id = pg_temp.an_id('event', e), generate_series(1, 300) n;

INSERT INTO tellings (event_id, person_id, channel, told_at)
SELECT ev.event_id, pg_temp.an_id('person', p), 'email', ev.published_at + interval '1 hour'
  FROM generate_series(1, 480) e
  JOIN events ev ON ev.event_id = pg_temp.an_id('event', e),
       generate_series(1, CASE WHEN e % 8 = 0 THEN 8000 ELSE 1200 END) p;

ANALYZE network_versions, membership_versions, events, registrations, tellings;
"""


async def live_through_a_decade(owner: str, national: Any) -> None:
    """owner: the address of the database as its owner. national: the id of the national network."""
    conn = await asyncpg.connect(owner)
    of_people = ("membership_versions", "registrations", "tellings")
    try:
        for table in of_people:
            await conn.execute(f"ALTER TABLE projection_a.{table} NO FORCE ROW LEVEL SECURITY")
        await conn.execute(DECADE.replace(":national", f"'{national}'::uuid"))
        for table in of_people:
            await conn.execute(f"ALTER TABLE projection_a.{table} FORCE ROW LEVEL SECURITY")
    finally:
        await conn.close()
