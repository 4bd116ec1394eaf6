-- migrate:up
ALTER TABLE agreements ADD COLUMN consent_needed text[] NOT NULL DEFAULT '{}';
COMMENT ON TABLE agreements IS
    'tags: id=none network_id=none body=content client_id=none issuer=none purpose=content networks=none fields=none starts_on=none ends_on=none ended=none version=none consent_needed=none';
CREATE INDEX agreements_asking ON agreements (id) WHERE cardinality(consent_needed) > 0;

-- A person's word on an agreement as it now is; nobody who never answered has a row.
CREATE TABLE consents (
    person_id uuid NOT NULL REFERENCES people (id),
    agreement_id uuid NOT NULL REFERENCES agreements (id),
    given boolean NOT NULL,
    at timestamptz NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (person_id, agreement_id)
);
COMMENT ON TABLE consents IS 'tags: person_id=pseudonym agreement_id=none given=none at=none version=none';
ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE consents FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON consents TO guildhall_api
    USING (person_id = servicekit.caller() OR person_id = servicekit.admitted());
CREATE POLICY worker ON consents TO guildhall_worker USING (true) WITH CHECK (true);

-- Every answer that was ever given.
CREATE TABLE consent_history (
    person_id uuid NOT NULL REFERENCES people (id),
    agreement_id uuid NOT NULL REFERENCES agreements (id),
    version integer NOT NULL,
    given boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (person_id, agreement_id, version)
);
COMMENT ON TABLE consent_history IS 'tags: person_id=pseudonym agreement_id=none version=none given=none at=none';
ALTER TABLE consent_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE consent_history FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON consent_history TO guildhall_api
    USING (person_id = servicekit.caller() OR person_id = servicekit.admitted());
CREATE POLICY worker ON consent_history TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE consent_history, consents;
DROP INDEX agreements_asking;
ALTER TABLE agreements DROP COLUMN consent_needed;
COMMENT ON TABLE agreements IS
    'tags: id=none network_id=none body=content client_id=none issuer=none purpose=content networks=none fields=none starts_on=none ends_on=none ended=none version=none';
