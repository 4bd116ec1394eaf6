-- migrate:up
CREATE TABLE people (
    id uuid PRIMARY KEY,
    given_name text NOT NULL,
    family_name text NOT NULL,
    email citext NOT NULL,
    language text NOT NULL DEFAULT 'en',
    version integer NOT NULL DEFAULT 1,
    profile_version integer NOT NULL DEFAULT 0,
    grants_version integer NOT NULL DEFAULT 0,
    registered_at timestamptz NOT NULL,
    erased_at timestamptz
);
COMMENT ON TABLE people IS
    'tags: id=pseudonym given_name=personal family_name=personal email=personal language=none version=none profile_version=none grants_version=none registered_at=none erased_at=none';
CREATE UNIQUE INDEX people_email ON people (email) WHERE erased_at IS NULL;
CREATE INDEX people_by_name ON people (family_name, given_name, id);

CREATE TABLE memberships (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id),
    network_id uuid NOT NULL REFERENCES networks (id),
    organisation_id uuid REFERENCES organisations (id),
    main boolean NOT NULL,
    since date NOT NULL,
    until date,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT memberships_days CHECK (until >= since),
    CONSTRAINT memberships_once EXCLUDE USING gist
        (person_id WITH =, network_id WITH =, daterange(since, until, '[]') WITH &&),
    CONSTRAINT memberships_one_main EXCLUDE USING gist
        (person_id WITH =, daterange(since, until, '[]') WITH &&) WHERE (main)
        DEFERRABLE INITIALLY IMMEDIATE -- checked once the statement is through, so that two may change places in one
);
COMMENT ON TABLE memberships IS
    'tags: id=pseudonym person_id=pseudonym network_id=none organisation_id=none main=none since=none until=none version=none';
CREATE INDEX memberships_person ON memberships (person_id);
CREATE INDEX memberships_network ON memberships (network_id);

-- Job role and sector, from which day on; a row stays when the next one is added.
CREATE TABLE membership_descriptions (
    membership_id uuid NOT NULL REFERENCES memberships (id),
    described_from date NOT NULL,
    job_role text,
    sector text,
    PRIMARY KEY (membership_id, described_from)
);
COMMENT ON TABLE membership_descriptions IS
    'tags: membership_id=pseudonym described_from=none job_role=none sector=none';

CREATE TABLE identities (
    issuer text NOT NULL,
    subject_hash text NOT NULL,
    person_id uuid NOT NULL REFERENCES people (id),
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject_hash)
);
COMMENT ON TABLE identities IS 'tags: issuer=none subject_hash=pseudonym person_id=pseudonym linked_at=none';
CREATE INDEX identities_person ON identities (person_id);

-- Where a person's profile stands, as it was last announced.
CREATE TABLE person_cells (
    person_id uuid NOT NULL REFERENCES people (id),
    cell text NOT NULL,
    PRIMARY KEY (person_id, cell)
);
COMMENT ON TABLE person_cells IS 'tags: person_id=pseudonym cell=none';

CREATE TABLE grants (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id),
    network_id uuid NOT NULL REFERENCES networks (id),
    role text NOT NULL CHECK (role IN ('lead', 'organiser', 'steward')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    given_by uuid,
    CONSTRAINT grants_instants CHECK (ends_at >= starts_at)
);
COMMENT ON TABLE grants IS
    'tags: id=none person_id=pseudonym network_id=none role=none starts_at=none ends_at=none given_by=pseudonym';
COMMENT ON COLUMN grants.given_by IS 'a person, or none where the first lead was made';
CREATE INDEX grants_person ON grants (person_id);
CREATE INDEX grants_network ON grants (network_id);

-- The second wall: own rows, rows of networks in the caller's scopes, and those of the person whom this transaction has
-- locked after the first wall let it; a person not linked yet is found by the address that their sign-in vouches for.
-- Who somebody is, leads see of those who belong to their networks now or later; guests are at home in the nation.
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON memberships TO guildhall_api
    USING (person_id = servicekit.caller()
           OR person_id = servicekit.admitted()
           OR network_id IN (SELECT n.id FROM networks n WHERE n.path <@ servicekit.caller_scopes()));
CREATE POLICY worker ON memberships TO guildhall_worker USING (true) WITH CHECK (true);

ALTER TABLE membership_descriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership_descriptions FORCE ROW LEVEL SECURITY;
CREATE POLICY of_a_membership_in_scope ON membership_descriptions TO guildhall_api
    USING (EXISTS (SELECT FROM memberships m WHERE m.id = membership_id));
CREATE POLICY worker ON membership_descriptions TO guildhall_worker USING (true) WITH CHECK (true);

ALTER TABLE people ENABLE ROW LEVEL SECURITY;
ALTER TABLE people FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON people TO guildhall_api
    USING (id = servicekit.caller()
           OR id = servicekit.admitted()
           OR email = servicekit.caller_email()::citext
           OR 'national'::ltree = ANY (servicekit.caller_scopes())
           OR EXISTS (SELECT FROM memberships m
                       WHERE m.person_id = people.id
                         AND (m.until IS NULL OR m.until >= (now() AT TIME ZONE 'Europe/London')::date)
                         AND m.network_id IN (SELECT n.id FROM networks n
                                               WHERE n.path <@ servicekit.caller_scopes())));
CREATE POLICY worker ON people TO guildhall_worker USING (true) WITH CHECK (true);

ALTER TABLE identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE identities FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON identities TO guildhall_api
    USING (person_id = servicekit.caller() OR person_id = servicekit.admitted());
CREATE POLICY worker ON identities TO guildhall_worker USING (true) WITH CHECK (true);

ALTER TABLE person_cells ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_cells FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON person_cells TO guildhall_api
    USING (person_id = servicekit.caller() OR person_id = servicekit.admitted());
CREATE POLICY worker ON person_cells TO guildhall_worker USING (true) WITH CHECK (true);

ALTER TABLE grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE grants FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON grants TO guildhall_api
    USING (person_id = servicekit.caller()
           OR person_id = servicekit.admitted()
           OR network_id IN (SELECT n.id FROM networks n WHERE n.path <@ servicekit.caller_scopes()));
CREATE POLICY worker ON grants TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE grants, person_cells, identities, membership_descriptions, memberships, people;
