-- migrate:up
-- Every published version of an event: a telling shows what was true when its cause was.
CREATE TABLE gatherings (
    event_id uuid NOT NULL,
    version integer NOT NULL,
    network_id uuid NOT NULL,
    cell text NOT NULL,
    title text NOT NULL,
    venue text NOT NULL,
    starts timestamp NOT NULL,
    ends timestamp NOT NULL,
    zone text NOT NULL,
    revision integer NOT NULL,
    PRIMARY KEY (event_id, version)
);
COMMENT ON TABLE gatherings IS
    'tags: event_id=none version=none network_id=none cell=none title=content venue=content starts=none ends=none zone=none revision=none';

CREATE TABLE registrations (
    registration_id uuid PRIMARY KEY,
    version integer NOT NULL,
    event_id uuid NOT NULL,
    person_id uuid NOT NULL,
    status text NOT NULL,
    code text NOT NULL
);
COMMENT ON TABLE registrations IS
    'tags: registration_id=pseudonym version=none event_id=none person_id=pseudonym status=none code=pseudonym';
CREATE INDEX registrations_by_event ON registrations (event_id);
ALTER TABLE registrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE registrations FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON registrations TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON registrations TO guildhall_worker USING (true) WITH CHECK (true);

-- One row for each cell that a person is known in: a tombstone takes away only what came from its cell.
CREATE TABLE people (
    person_id uuid NOT NULL,
    cell text NOT NULL,
    version integer NOT NULL,
    given_name text NOT NULL,
    family_name text NOT NULL,
    email text NOT NULL,
    PRIMARY KEY (person_id, cell)
);
COMMENT ON TABLE people IS
    'tags: person_id=pseudonym cell=none version=none given_name=personal family_name=personal email=personal';
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
ALTER TABLE people FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON people TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON people TO guildhall_worker USING (true) WITH CHECK (true);

CREATE TABLE agreements (
    agreement_id uuid PRIMARY KEY,
    version integer NOT NULL,
    cell text NOT NULL,
    body text NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    networks uuid[] NOT NULL,
    fields jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL
);
COMMENT ON TABLE agreements IS
    'tags: agreement_id=none version=none cell=none body=content issuer=none client_id=none networks=none fields=none made_at=none starts_on=none ends_on=none';

-- migrate:down
DROP TABLE agreements, people, registrations, gatherings;
