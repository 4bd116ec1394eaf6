-- migrate:up
CREATE TABLE events (
    event_id uuid PRIMARY KEY,
    version integer NOT NULL,
    network_id uuid NOT NULL,
    cell text NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    capacity integer NOT NULL,
    open_to uuid[] NOT NULL,
    sectors text[] NOT NULL,
    job_roles text[] NOT NULL,
    published_at timestamptz NOT NULL,
    cancelled boolean NOT NULL
);
COMMENT ON TABLE events IS
    'tags: event_id=none version=none network_id=none cell=none kind=none title=content starts_at=none ends_at=none capacity=none open_to=none sectors=none job_roles=none published_at=none cancelled=none';

CREATE TABLE registrations (
    registration_id uuid PRIMARY KEY,
    version integer NOT NULL,
    event_id uuid NOT NULL,
    person_id uuid NOT NULL,
    status text NOT NULL,
    registered_at timestamptz NOT NULL,
    waited boolean NOT NULL,
    attended_at timestamptz
);
COMMENT ON TABLE registrations IS
    'tags: registration_id=pseudonym version=none event_id=none person_id=pseudonym status=none registered_at=none waited=none attended_at=none';
CREATE INDEX registrations_by_event ON registrations (event_id, person_id);

CREATE TABLE tellings (
    notification_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    event_id uuid,
    kind text NOT NULL,
    channel text NOT NULL,
    told_at timestamptz NOT NULL
);
COMMENT ON TABLE tellings IS
    'tags: notification_id=pseudonym person_id=pseudonym event_id=none kind=none channel=none told_at=none';
CREATE INDEX tellings_by_event ON tellings (event_id, person_id);

-- In PL/pgSQL, so that the networks and memberships are those of the projection that is active when it is asked.
CREATE FUNCTION people_in_scope() RETURNS SETOF uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT m.person_id
      FROM access_memberships m
      JOIN access_networks n USING (network_id)
     WHERE n.path <@ servicekit.caller_scopes();
END
$$;

CREATE FUNCTION events_in_scope() RETURNS SETOF uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT e.event_id
      FROM events e
      JOIN access_networks n USING (network_id)
     WHERE n.path <@ servicekit.caller_scopes();
END
$$;

ALTER TABLE registrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE registrations FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON registrations TO guildhall_api
    USING (person_id IN (SELECT people_in_scope()) OR event_id IN (SELECT events_in_scope()));
CREATE POLICY worker ON registrations TO guildhall_worker USING (true) WITH CHECK (true);

ALTER TABLE tellings ENABLE ROW LEVEL SECURITY;
ALTER TABLE tellings FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON tellings TO guildhall_api
    USING (person_id IN (SELECT people_in_scope()) OR event_id IN (SELECT events_in_scope()));
CREATE POLICY worker ON tellings TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE tellings, registrations, events;
DROP FUNCTION events_in_scope, people_in_scope;
