-- migrate:up
CREATE TABLE access_grants (
    cell text NOT NULL,
    person_id uuid NOT NULL,
    grant_id uuid NOT NULL,
    role text NOT NULL,
    network_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    PRIMARY KEY (cell, grant_id)
);
COMMENT ON TABLE access_grants IS
    'tags: cell=none person_id=pseudonym grant_id=none role=none network_id=none starts_at=none ends_at=none';
CREATE INDEX access_grants_person ON access_grants (person_id);
ALTER TABLE access_grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_grants FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON access_grants TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON access_grants TO guildhall_worker USING (true) WITH CHECK (true);

CREATE TABLE access_grants_seen (
    cell text NOT NULL,
    person_id uuid NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (cell, person_id)
);
COMMENT ON TABLE access_grants_seen IS 'tags: cell=none person_id=pseudonym version=none';
ALTER TABLE access_grants_seen ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_grants_seen FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON access_grants_seen TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON access_grants_seen TO guildhall_worker USING (true) WITH CHECK (true);

CREATE TABLE access_heartbeats (
    cell text PRIMARY KEY,
    at timestamptz NOT NULL
);
COMMENT ON TABLE access_heartbeats IS 'tags: cell=none at=none';

-- migrate:down
DROP TABLE access_heartbeats, access_grants_seen, access_grants;
