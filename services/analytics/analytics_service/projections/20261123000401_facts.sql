-- migrate:up
-- A row for every version that was told: what a network was on a day can be asked later, and order cannot matter.
CREATE TABLE network_versions (
    network_id uuid NOT NULL,
    version integer NOT NULL,
    told_on date NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    path ltree NOT NULL,
    cell text NOT NULL,
    ods_code text,
    since date NOT NULL,
    until date,
    PRIMARY KEY (network_id, version)
);
COMMENT ON TABLE network_versions IS
    'tags: network_id=none version=none told_on=none kind=none name=content path=none cell=none ods_code=none since=none until=none';

CREATE TABLE membership_versions (
    membership_id uuid NOT NULL,
    version integer NOT NULL,
    told_at timestamptz NOT NULL,
    person_id uuid NOT NULL,
    network_id uuid NOT NULL,
    main boolean NOT NULL,
    since date NOT NULL,
    until date,
    job_role text,
    sector text,
    described_from date NOT NULL,
    PRIMARY KEY (membership_id, version)
);
COMMENT ON TABLE membership_versions IS
    'tags: membership_id=pseudonym version=none told_at=none person_id=pseudonym network_id=none main=none since=none until=none job_role=none sector=none described_from=none';
CREATE INDEX membership_versions_by_network ON membership_versions (network_id);
ALTER TABLE membership_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership_versions FORCE ROW LEVEL SECURITY;
-- Networks that are or were in scope: a region still counts a day on which a trust was its own. Which networks a report
-- of a day takes in is decided by the tree of that day.
CREATE POLICY in_scope ON membership_versions TO guildhall_api
    USING (network_id IN (SELECT n.network_id FROM network_versions n WHERE n.path <@ servicekit.caller_scopes()));
CREATE POLICY worker ON membership_versions TO guildhall_worker USING (true) WITH CHECK (true);

CREATE TABLE events (
    event_id uuid PRIMARY KEY,
    version integer NOT NULL,
    network_id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    published_at timestamptz NOT NULL,
    cancelled boolean NOT NULL,
    open_to uuid[] NOT NULL,
    sectors text[] NOT NULL,
    job_roles text[] NOT NULL
);
COMMENT ON TABLE events IS
    'tags: event_id=none version=none network_id=none kind=none title=content starts_at=none ends_at=none published_at=none cancelled=none open_to=none sectors=none job_roles=none';
CREATE INDEX events_by_network ON events (network_id);

CREATE TABLE registrations (
    registration_id uuid PRIMARY KEY,
    version integer NOT NULL,
    event_id uuid NOT NULL,
    person_id uuid NOT NULL,
    registered_at timestamptz NOT NULL,
    waited boolean NOT NULL,
    attended_at timestamptz
);
COMMENT ON TABLE registrations IS
    'tags: registration_id=pseudonym version=none event_id=none person_id=pseudonym registered_at=none waited=none attended_at=none';
CREATE INDEX registrations_by_event ON registrations (event_id);

-- That somebody was told of an event by a channel, and when first.
CREATE TABLE tellings (
    event_id uuid NOT NULL,
    person_id uuid NOT NULL,
    channel text NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, person_id, channel)
);
COMMENT ON TABLE tellings IS 'tags: event_id=none person_id=pseudonym channel=none told_at=none';

ALTER TABLE registrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE registrations FORCE ROW LEVEL SECURITY;
ALTER TABLE tellings ENABLE ROW LEVEL SECURITY;
ALTER TABLE tellings FORCE ROW LEVEL SECURITY;
-- Nobody sees one person's attendance outside the events of their own networks.
CREATE POLICY of_events_in_scope ON registrations TO guildhall_api
    USING (event_id IN (SELECT e.event_id
                          FROM events e
                          JOIN network_versions n USING (network_id)
                         WHERE n.path <@ servicekit.caller_scopes()));
CREATE POLICY worker ON registrations TO guildhall_worker USING (true) WITH CHECK (true);
CREATE POLICY of_events_in_scope ON tellings TO guildhall_api
    USING (event_id IN (SELECT e.event_id
                          FROM events e
                          JOIN network_versions n USING (network_id)
                         WHERE n.path <@ servicekit.caller_scopes()));
CREATE POLICY worker ON tellings TO guildhall_worker USING (true) WITH CHECK (true);

-- What holds on a day is said once, here. All three run with the rights of whoever asks, so the policies hold in them.

-- The networks as the newest version has them, each at the path it had on the day; before any was told, at its first.
CREATE FUNCTION tree_on(on_day date)
RETURNS TABLE (network_id uuid, path ltree, kind text, name text, cell text, ods_code text, since date, until date)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT v.network_id,
           (array_agg(v.path ORDER BY v.told_on <= on_day DESC,
                                      CASE WHEN v.told_on <= on_day THEN -v.version ELSE v.version END))[1],
           (array_agg(v.kind ORDER BY v.version DESC))[1],
           (array_agg(v.name ORDER BY v.version DESC))[1],
           (array_agg(v.cell ORDER BY v.version DESC))[1],
           (array_agg(v.ods_code ORDER BY v.version DESC))[1],
           (array_agg(v.since ORDER BY v.version DESC))[1],
           (array_agg(v.until ORDER BY v.version DESC))[1]
      FROM network_versions v
     GROUP BY v.network_id;
END;

-- Memberships that count on the day, by their newest dates. Job role and sector are those of the newest version that
-- speaks of the day, or of the first one where none does. was_main: as it was told by the instant; is_main: by now.
CREATE FUNCTION memberships_on(on_day date, by_instant timestamptz)
RETURNS TABLE (membership_id uuid, person_id uuid, network_id uuid, was_main boolean, is_main boolean,
               job_role text, sector text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT v.membership_id, v.person_id, v.network_id,
           coalesce((array_agg(v.main ORDER BY v.version DESC) FILTER (WHERE v.told_at <= by_instant))[1], false),
           (array_agg(v.main ORDER BY v.version DESC))[1],
           (array_agg(v.job_role
                      ORDER BY v.described_from <= on_day DESC,
                               CASE WHEN v.described_from <= on_day THEN -v.version ELSE v.version END))[1],
           (array_agg(v.sector
                      ORDER BY v.described_from <= on_day DESC,
                               CASE WHEN v.described_from <= on_day THEN -v.version ELSE v.version END))[1]
      FROM membership_versions v
     GROUP BY v.membership_id, v.person_id, v.network_id
    HAVING (array_agg(v.since ORDER BY v.version DESC))[1] <= on_day
       AND coalesce((array_agg(v.until ORDER BY v.version DESC))[1], 'infinity') >= on_day;
END;

-- Who may come, by the rule of events_contracts.eligible: one membership must fulfil the whole rule, as it was on the
-- day the event was published.
CREATE FUNCTION eligible_people(for_event uuid)
RETURNS TABLE (person_id uuid)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH event AS (
        SELECT e.open_to, e.sectors, e.job_roles, e.published_at,
               (e.published_at AT TIME ZONE 'Europe/London')::date AS day
          FROM events e
         WHERE e.event_id = for_event
    ), tree AS MATERIALIZED (
        SELECT t.network_id, t.path FROM event, tree_on(event.day) t
    ), open AS MATERIALIZED (
        SELECT within.network_id
          FROM event
          JOIN tree root ON root.network_id = ANY (event.open_to)
          JOIN tree within ON within.path <@ root.path
    )
    SELECT DISTINCT m.person_id
      FROM event, memberships_on(event.day, event.published_at) m
     WHERE m.network_id IN (SELECT open.network_id FROM open)
       AND (event.sectors = '{}' OR m.sector = ANY (event.sectors))
       AND (event.job_roles = '{}' OR m.job_role = ANY (event.job_roles));
END;

-- migrate:down
DROP FUNCTION eligible_people, memberships_on, tree_on;
DROP TABLE tellings, registrations, events, membership_versions, network_versions;
