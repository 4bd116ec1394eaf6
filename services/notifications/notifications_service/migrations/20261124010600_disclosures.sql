-- migrate:up
-- Which partner was given signals about whom, and, once somebody is erased, that the partner was told and has taken it
-- in: by the 2xx of a webhook, or by reading on from behind the item.
CREATE TABLE disclosures (
    agreement_id uuid NOT NULL,
    person_id uuid NOT NULL,
    by_name boolean NOT NULL,
    first_at timestamptz NOT NULL,
    erasure_id uuid,
    position bigint,
    told_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text CHECK (acknowledged_by IN ('webhook', 'feed')),
    PRIMARY KEY (agreement_id, person_id),
    CONSTRAINT told_with_a_position CHECK ((told_at IS NULL) = (position IS NULL) AND (told_at IS NULL) = (erasure_id IS NULL)),
    CONSTRAINT acknowledged_by_a_way CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
COMMENT ON TABLE disclosures IS
    'tags: agreement_id=none person_id=pseudonym by_name=none first_at=none erasure_id=none position=none told_at=none acknowledged_at=none acknowledged_by=none';
COMMENT ON COLUMN disclosures.by_name IS 'whether the partner was given the id that stands for the person';
CREATE INDEX disclosures_about ON disclosures (person_id);
CREATE INDEX disclosures_unacknowledged ON disclosures (agreement_id, position)
 WHERE position IS NOT NULL AND acknowledged_at IS NULL;
CREATE INDEX disclosures_told ON disclosures (erasure_id, agreement_id) WHERE erasure_id IS NOT NULL;

-- What was given before this was written down, as far as it is kept.
INSERT INTO disclosures (agreement_id, person_id, by_name, first_at)
SELECT agreement_id, person_id, bool_or(data ? 'person_id'), min(appended_at)
  FROM stream_items
 WHERE person_id IS NOT NULL
 GROUP BY agreement_id, person_id;

-- Agreements and networks are found by the search path, so that this outlives every switch of a projection.
CREATE FUNCTION agreement_in_scope(asked uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM agreements a
                     JOIN access_networks n ON n.network_id = a.network_id
                    WHERE a.agreement_id = asked AND n.path OPERATOR(public.<@) servicekit.caller_scopes());
END
$$;
ALTER TABLE disclosures ENABLE ROW LEVEL SECURITY;
ALTER TABLE disclosures FORCE ROW LEVEL SECURITY;
-- One's own; those under the agreement that this transaction has found to be the caller's; and, of erasures alone, those
-- under agreements of the networks in scope.
CREATE POLICY own_or_of_the_agreement_or_in_scope ON disclosures TO guildhall_api
    USING (person_id = servicekit.caller() OR agreement_id = servicekit.admitted()
           OR (erasure_id IS NOT NULL AND agreement_in_scope(agreement_id)));
CREATE POLICY worker ON disclosures TO guildhall_worker USING (true) WITH CHECK (true);

-- Whoever asks what is held of them is shown what stands in partners' feeds about them.
CREATE POLICY about_oneself ON stream_items FOR SELECT TO guildhall_api USING (person_id = servicekit.caller());

CREATE POLICY said_by_oneself ON announcements FOR SELECT TO guildhall_api USING (made_by = servicekit.caller());

-- migrate:down
DROP POLICY said_by_oneself ON announcements;
DROP POLICY about_oneself ON stream_items;
DROP TABLE disclosures;
DROP FUNCTION agreement_in_scope;
