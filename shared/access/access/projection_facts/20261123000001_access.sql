-- migrate:up
CREATE TABLE access_networks (
    network_id uuid PRIMARY KEY,
    version integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    path ltree NOT NULL,
    cell text NOT NULL,
    ods_code text,
    sector text,
    since date NOT NULL,
    until date,
    successor_id uuid
);
COMMENT ON TABLE access_networks IS
    'tags: network_id=none version=none kind=none name=content path=none cell=none ods_code=none sector=none since=none until=none successor_id=none';
CREATE INDEX access_networks_path ON access_networks USING gist (path);

CREATE TABLE access_identities (
    issuer text NOT NULL,
    subject_hash text NOT NULL,
    person_id uuid NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (issuer, subject_hash)
);
COMMENT ON TABLE access_identities IS 'tags: issuer=none subject_hash=pseudonym person_id=pseudonym version=none';
CREATE INDEX access_identities_person ON access_identities (person_id);
ALTER TABLE access_identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_identities FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON access_identities TO guildhall_api
    USING (person_id = servicekit.caller() OR subject_hash = nullif(current_setting('guildhall.identity', true), ''));
CREATE POLICY worker ON access_identities TO guildhall_worker USING (true) WITH CHECK (true);

CREATE TABLE access_memberships (
    membership_id uuid PRIMARY KEY,
    version integer NOT NULL,
    person_id uuid NOT NULL,
    network_id uuid NOT NULL,
    main boolean NOT NULL,
    since date NOT NULL,
    until date,
    job_role text,
    sector text,
    organisation text,
    described_from date NOT NULL
);
COMMENT ON TABLE access_memberships IS
    'tags: membership_id=pseudonym version=none person_id=pseudonym network_id=none main=none since=none until=none job_role=none sector=none organisation=none described_from=none';
CREATE INDEX access_memberships_person ON access_memberships (person_id);
CREATE INDEX access_memberships_network ON access_memberships (network_id);
ALTER TABLE access_memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON access_memberships TO guildhall_api
    USING (person_id = servicekit.caller()
           OR person_id = ANY (servicekit.admitted_people())
           OR network_id IN (SELECT n.network_id FROM access_networks n WHERE n.path <@ servicekit.caller_scopes()));
CREATE POLICY worker ON access_memberships TO guildhall_worker USING (true) WITH CHECK (true);

CREATE TABLE access_descriptions (
    membership_id uuid NOT NULL,
    described_from date NOT NULL,
    version integer NOT NULL,
    job_role text,
    sector text,
    PRIMARY KEY (membership_id, described_from)
);
COMMENT ON TABLE access_descriptions IS
    'tags: membership_id=pseudonym described_from=none version=none job_role=none sector=none';

-- migrate:down
DROP TABLE access_descriptions, access_memberships, access_identities, access_networks;
