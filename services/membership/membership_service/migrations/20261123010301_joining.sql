-- migrate:up
-- How one joins a network, where its leads have said so; until then as above it, and else as its kind is joined.
CREATE TABLE joining_policies (
    network_id uuid PRIMARY KEY REFERENCES networks (id),
    policy text NOT NULL CHECK (policy IN ('open', 'by-approval', 'by-invitation', 'by-domain')),
    domains text[] NOT NULL DEFAULT '{}',
    version integer NOT NULL,
    set_at timestamptz NOT NULL,
    set_by uuid,
    CONSTRAINT joining_policies_domains CHECK ((policy = 'by-domain') = (cardinality(domains) > 0))
);
COMMENT ON TABLE joining_policies IS
    'tags: network_id=none policy=none domains=none version=none set_at=none set_by=pseudonym';

-- Who asked to belong where, or was let in at once. The words of both sides stay here: no signal carries them.
CREATE TABLE join_requests (
    id uuid PRIMARY KEY,
    network_id uuid NOT NULL REFERENCES networks (id),
    person_id uuid NOT NULL REFERENCES people (id),
    way text NOT NULL CHECK (way IN ('approval', 'open', 'domain', 'invitation')),
    state text NOT NULL CHECK (state IN ('pending', 'approved', 'refused', 'withdrawn')),
    reason text,
    organisation text,
    job_role text,
    sector text,
    requested_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by uuid,
    decision_reason text,
    membership_id uuid REFERENCES memberships (id),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT join_requests_decided CHECK ((state = 'pending') = (decided_at IS NULL)),
    CONSTRAINT join_requests_approved CHECK ((state = 'approved') = (membership_id IS NOT NULL))
);
COMMENT ON TABLE join_requests IS
    'tags: id=none network_id=none person_id=pseudonym way=none state=none reason=personal organisation=personal job_role=none sector=none requested_at=none decided_at=none decided_by=pseudonym decision_reason=personal membership_id=pseudonym version=none';
CREATE UNIQUE INDEX join_requests_one_pending ON join_requests (person_id, network_id) WHERE state = 'pending';
CREATE INDEX join_requests_person ON join_requests (person_id, id);
CREATE INDEX join_requests_network ON join_requests (network_id, id);
CREATE INDEX join_requests_membership ON join_requests (membership_id);

ALTER TABLE join_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE join_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON join_requests TO guildhall_api
    USING (person_id = servicekit.caller()
           OR person_id = servicekit.admitted()
           OR network_id IN (SELECT n.id FROM networks n WHERE n.path <@ servicekit.caller_scopes()));
CREATE POLICY worker ON join_requests TO guildhall_worker USING (true) WITH CHECK (true);

CREATE INDEX organisations_searched ON organisations (searched);

-- A lead's word given beforehand, once, for whoever brings the secret; of that only the hash stands here.
CREATE TABLE invitations (
    id uuid PRIMARY KEY,
    network_id uuid NOT NULL REFERENCES networks (id),
    secret_hash bytea NOT NULL,
    email citext,
    invited_by uuid,
    invited_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by uuid,
    accepted_at timestamptz,
    person_id uuid REFERENCES people (id),
    CONSTRAINT invitations_accepted CHECK ((accepted_at IS NULL) = (person_id IS NULL)),
    CONSTRAINT invitations_once CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
COMMENT ON TABLE invitations IS
    'tags: id=none network_id=none secret_hash=none email=personal invited_by=pseudonym invited_at=none expires_at=none revoked_at=none revoked_by=pseudonym accepted_at=none person_id=pseudonym';
CREATE UNIQUE INDEX invitations_secret ON invitations (secret_hash);
CREATE INDEX invitations_network ON invitations (network_id, id);
CREATE INDEX invitations_person ON invitations (person_id);

-- Whoever brings a secret sees its invitation, and no other.
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON invitations TO guildhall_api
    USING (secret_hash = decode(coalesce(current_setting('guildhall.presented', true), ''), 'hex')
           OR network_id IN (SELECT n.id FROM networks n WHERE n.path <@ servicekit.caller_scopes()));
CREATE POLICY worker ON invitations TO guildhall_worker USING (true) WITH CHECK (true);

-- Leads see who somebody is who asks to be let in, for as long as they have not been answered.
ALTER POLICY in_scope ON people
    USING (id = servicekit.caller()
           OR id = servicekit.admitted()
           OR email = servicekit.caller_email()::citext
           OR 'national'::ltree = ANY (servicekit.caller_scopes())
           OR EXISTS (SELECT FROM memberships m
                       WHERE m.person_id = people.id
                         AND (m.until IS NULL OR m.until >= (now() AT TIME ZONE 'Europe/London')::date)
                         AND m.network_id IN (SELECT n.id FROM networks n
                                               WHERE n.path <@ servicekit.caller_scopes()))
           OR EXISTS (SELECT FROM join_requests j
                       WHERE j.person_id = people.id AND j.state = 'pending'
                         AND j.network_id IN (SELECT n.id FROM networks n
                                               WHERE n.path <@ servicekit.caller_scopes())));

-- migrate:down
ALTER POLICY in_scope ON people
    USING (id = servicekit.caller()
           OR id = servicekit.admitted()
           OR email = servicekit.caller_email()::citext
           OR 'national'::ltree = ANY (servicekit.caller_scopes())
           OR EXISTS (SELECT FROM memberships m
                       WHERE m.person_id = people.id
                         AND (m.until IS NULL OR m.until >= (now() AT TIME ZONE 'Europe/London')::date)
                         AND m.network_id IN (SELECT n.id FROM networks n
                                               WHERE n.path <@ servicekit.caller_scopes())));
DROP INDEX organisations_searched;
DROP TABLE invitations, join_requests, joining_policies;
