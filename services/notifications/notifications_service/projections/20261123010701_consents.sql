-- migrate:up
-- The network whose leads answer for an agreement, and which of its types each person decides about.
ALTER TABLE agreements
    ADD COLUMN network_id uuid,
    ADD COLUMN consent_needed text[] NOT NULL DEFAULT '{}';
COMMENT ON TABLE agreements IS
    'tags: agreement_id=none version=none cell=none body=content issuer=none client_id=none networks=none fields=none made_at=none starts_on=none ends_on=none network_id=none consent_needed=none';

CREATE TABLE consents (
    person_id uuid NOT NULL,
    agreement_id uuid NOT NULL,
    version integer NOT NULL,
    given boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (agreement_id, person_id)
);
COMMENT ON TABLE consents IS 'tags: person_id=pseudonym agreement_id=none version=none given=none at=none';
ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE consents FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON consents TO guildhall_api
    USING (person_id = servicekit.caller() OR agreement_id = servicekit.admitted());
CREATE POLICY worker ON consents TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE consents;
ALTER TABLE agreements DROP COLUMN consent_needed, DROP COLUMN network_id;
