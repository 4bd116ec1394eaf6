-- migrate:up
-- The ledger of erasures: who was erased, and never what of them. It outlives every restore, since each of its rows was
-- told to all cells as well.
CREATE TABLE erasures (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    network_id uuid NOT NULL REFERENCES networks (id),
    asked_at timestamptz NOT NULL,
    asked_by uuid,
    state text NOT NULL CHECK (state IN ('asked', 'carried-out', 'refused')),
    carried_out_at timestamptz,
    told_at timestamptz,
    swept_at timestamptz,
    version integer NOT NULL DEFAULT 0,
    address_hash bytea,
    CONSTRAINT erasures_carried_out CHECK ((state = 'carried-out') = (carried_out_at IS NOT NULL))
);
COMMENT ON TABLE erasures IS
    'tags: id=none person_id=pseudonym network_id=none asked_at=none asked_by=pseudonym state=none carried_out_at=none told_at=none swept_at=none version=none address_hash=pseudonym';
COMMENT ON COLUMN erasures.network_id IS 'where the person belonged; whoever answers for it there sees how far it is';
COMMENT ON COLUMN erasures.asked_by IS 'a person; none where it was learnt from what had been told before a restore';
COMMENT ON COLUMN erasures.told_at IS 'the last time';
COMMENT ON COLUMN erasures.address_hash IS 'only while imports go on that began before, so that none brings the person back';
COMMENT ON COLUMN erasures.swept_at IS 'when profiles were ended once more, so that the broker lets go of what they said';
COMMENT ON COLUMN erasures.version IS 'how often it was told; receipts answer one telling';
CREATE UNIQUE INDEX erasures_once ON erasures (person_id) WHERE state <> 'refused';
CREATE INDEX erasures_waiting ON erasures (asked_at, id) WHERE state = 'asked';
CREATE INDEX erasures_network ON erasures (network_id, id);

ALTER TABLE erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasures FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON erasures TO guildhall_api
    USING (person_id = servicekit.caller()
           OR person_id = servicekit.admitted()
           OR network_id IN (SELECT n.id FROM networks n WHERE n.path <@ servicekit.caller_scopes()));
CREATE POLICY worker ON erasures TO guildhall_worker USING (true) WITH CHECK (true);

-- Whoever accepted an invitation is shown that it was theirs.
CREATE POLICY own ON invitations FOR SELECT TO guildhall_api USING (person_id = servicekit.caller());

-- Whether a row that an import refused says who somebody is: by their address, or by a name as a whole value.
CREATE FUNCTION import_refusal_names(person uuid, refusal jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM people p
                    WHERE p.id = person AND p.email <> ''
                      AND (position(lower(p.email::text) IN lower(refusal ->> 'value')) > 0
                           OR lower(refusal ->> 'value') IN (lower(p.given_name), lower(p.family_name))))
$$;

-- The refused rows of an import's report, or of the state of one that goes on.
CREATE FUNCTION import_refusals(report jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(report -> 'refusals') = 'array' THEN report -> 'refusals'
                WHEN jsonb_typeof(report -> 'progress' -> 'refusals') = 'array' THEN report -> 'progress' -> 'refusals'
                ELSE '[]' END
$$;

CREATE FUNCTION import_report_names(person uuid, report jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM jsonb_array_elements(import_refusals(report)) AS refusal
                    WHERE import_refusal_names(person, refusal))
$$;

CREATE FUNCTION import_report_without(person uuid, report jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN NOT import_report_names(person, report) THEN report
                ELSE jsonb_set(report,
                               CASE WHEN report ? 'refusals' THEN '{refusals}' ELSE '{progress,refusals}' END::text[],
                               (SELECT jsonb_agg(CASE WHEN import_refusal_names(person, refusal)
                                                      THEN refusal || '{"value": ""}' ELSE refusal END ORDER BY place)
                                  FROM jsonb_array_elements(import_refusals(report)) WITH ORDINALITY
                                       AS row (refusal, place)))
           END
$$;

-- migrate:down
DROP FUNCTION import_report_without, import_report_names, import_refusals, import_refusal_names;
DROP POLICY own ON invitations;
DROP TABLE erasures;
