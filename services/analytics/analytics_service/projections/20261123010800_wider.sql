-- migrate:up
-- The sector of a trust, so that it can be compared with others of its kind. Rows that were kept before have none until
-- the projection is rebuilt.
ALTER TABLE network_versions ADD COLUMN sector text;
COMMENT ON TABLE network_versions IS
    'tags: network_id=none version=none told_on=none kind=none name=content path=none cell=none ods_code=none since=none until=none sector=none';

-- Activity is looked for by day, over all events.
CREATE INDEX registrations_by_registered ON registrations (registered_at);
CREATE INDEX registrations_by_attended ON registrations (attended_at);
CREATE INDEX events_by_start ON events (starts_at);

-- Figures that analytics published on the national cell, as they were published: what regions are compared by, also by
-- a deployment that knows no other region. The highest version stands.
CREATE TABLE heard_members (
    network_id uuid NOT NULL,
    day date NOT NULL,
    version integer NOT NULL,
    path ltree NOT NULL,
    members integer,
    trusts integer NOT NULL,
    trusts_with_members integer NOT NULL,
    PRIMARY KEY (network_id, day)
);
COMMENT ON TABLE heard_members IS
    'tags: network_id=none day=none version=none path=none members=none trusts=none trusts_with_members=none';

CREATE TABLE heard_activity (
    network_id uuid NOT NULL,
    day date NOT NULL,
    version integer NOT NULL,
    active integer,
    PRIMARY KEY (network_id, day)
);
COMMENT ON TABLE heard_activity IS 'tags: network_id=none day=none version=none active=none';

CREATE TABLE heard_retention (
    network_id uuid NOT NULL,
    month date NOT NULL,
    after integer NOT NULL,
    version integer NOT NULL,
    people integer,
    PRIMARY KEY (network_id, month, after)
);
COMMENT ON TABLE heard_retention IS
    'tags: network_id=none month=none after=none version=none people=none';

-- The path of each network and from when to when it had it, the last day counted; with a day given, the path of that day
-- for all time.
CREATE FUNCTION tree_over_time(by_tree_of date)
RETURNS TABLE (network_id uuid, path ltree, since date, until date)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT v.network_id, v.path,
           CASE WHEN v.version = min(v.version) OVER (PARTITION BY v.network_id) THEN '-infinity'::date
                ELSE v.told_on END,
           coalesce(min(v.told_on) OVER (PARTITION BY v.network_id ORDER BY v.version
                                         ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) - 1,
                    'infinity'::date)
      FROM network_versions v
     WHERE by_tree_of IS NULL
     UNION ALL
    SELECT t.network_id, t.path, '-infinity'::date, 'infinity'::date
      FROM tree_on(coalesce(by_tree_of, 'infinity'::date)) t
     WHERE by_tree_of IS NOT NULL;
END;

-- From when to when each membership stood within a network, the last day counted: where the trees of those days had it,
-- or, with a day given, where the tree of that day has it.
CREATE FUNCTION belonging_to(in_network uuid, by_tree_of date)
RETURNS TABLE (person_id uuid, since date, until date)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH stood AS MATERIALIZED (
        SELECT t.network_id, t.path, t.since, t.until FROM tree_over_time(by_tree_of) t
    ), within AS MATERIALIZED (
        SELECT below.network_id, greatest(below.since, top.since) AS since, least(below.until, top.until) AS until
          FROM stood top
          JOIN stood below ON below.path <@ top.path
         WHERE top.network_id = in_network
           AND greatest(below.since, top.since) <= least(below.until, top.until)
    ), newest AS MATERIALIZED (
        SELECT DISTINCT ON (v.membership_id) v.person_id, v.network_id, v.since, coalesce(v.until, 'infinity') AS until
          FROM membership_versions v
         ORDER BY v.membership_id, v.version DESC
    )
    SELECT n.person_id, greatest(n.since, w.since), least(n.until, w.until)
      FROM newest n
      JOIN within w USING (network_id)
     WHERE greatest(n.since, w.since) <= least(n.until, w.until);
END;

-- migrate:down
DROP FUNCTION belonging_to, tree_over_time;
DROP TABLE heard_retention, heard_activity, heard_members;
DROP INDEX events_by_start, registrations_by_attended, registrations_by_registered;
ALTER TABLE network_versions DROP COLUMN sector;
