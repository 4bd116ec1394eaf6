-- migrate:up
-- What people want to be told. A word may be said at any deployment: each merges those of all, the highest version
-- counts, so no order of arrival matters and a rebuild changes nothing. It is this service's own, and no copy.
CREATE TABLE preferences (
    person_id uuid NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    network_id uuid,
    version integer NOT NULL,
    wanted boolean,
    changed_at timestamptz NOT NULL,
    CONSTRAINT one_word_each UNIQUE NULLS NOT DISTINCT (person_id, kind, channel, network_id)
);
COMMENT ON TABLE preferences IS
    'tags: person_id=pseudonym kind=none channel=none network_id=none version=none wanted=none changed_at=none';
ALTER TABLE preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE preferences FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON preferences TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON preferences TO guildhall_worker USING (true) WITH CHECK (true);

-- Addresses that mail did not reach, by their keyed hash; merged from all deployments in the same way.
CREATE TABLE addresses (
    person_id uuid NOT NULL,
    address text NOT NULL,
    version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('suppressed', 'confirmed')),
    reason text,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, address)
);
COMMENT ON TABLE addresses IS
    'tags: person_id=pseudonym address=pseudonym version=none state=none reason=none changed_at=none';
ALTER TABLE addresses ENABLE ROW LEVEL SECURITY;
ALTER TABLE addresses FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON addresses TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON addresses TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE addresses, preferences;
