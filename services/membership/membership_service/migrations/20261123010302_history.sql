-- migrate:up
-- What happened to a membership, or to the request for one, in the order in which it was recorded.
CREATE TABLE membership_history (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id),
    network_id uuid NOT NULL REFERENCES networks (id),
    membership_id uuid REFERENCES memberships (id),
    request_id uuid REFERENCES join_requests (id),
    what text NOT NULL CHECK (what IN ('requested', 'approved', 'refused', 'withdrawn', 'started', 'changed',
                                       'made-main', 'moved', 'ended')),
    day date,
    at timestamptz,
    acted_by uuid,
    CONSTRAINT membership_history_about CHECK (membership_id IS NOT NULL OR request_id IS NOT NULL)
);
COMMENT ON TABLE membership_history IS
    'tags: position=none person_id=pseudonym network_id=none membership_id=pseudonym request_id=none what=none day=none at=none acted_by=pseudonym';
COMMENT ON COLUMN membership_history.day IS 'from which day on, or the last day, where it is about one';
COMMENT ON COLUMN membership_history.at IS 'none where it was recorded before there was a history';
COMMENT ON COLUMN membership_history.acted_by IS 'a person; none for an import, a policy, or before there was a history';
CREATE INDEX membership_history_person ON membership_history (person_id, position);
CREATE INDEX membership_history_membership ON membership_history (membership_id, position);
CREATE INDEX membership_history_request ON membership_history (request_id, position);

-- Who has been a member since before this was kept. The owner sees no rows past the policies, unless they are lifted.
ALTER TABLE memberships NO FORCE ROW LEVEL SECURITY;
INSERT INTO membership_history (person_id, network_id, membership_id, what, day)
SELECT person_id, network_id, id, 'started', since FROM memberships ORDER BY since, id;
INSERT INTO membership_history (person_id, network_id, membership_id, what, day)
SELECT person_id, network_id, id, 'ended', until FROM memberships WHERE until IS NOT NULL ORDER BY until, id;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;

ALTER TABLE membership_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership_history FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON membership_history TO guildhall_api
    USING (person_id = servicekit.caller()
           OR person_id = servicekit.admitted()
           OR network_id IN (SELECT n.id FROM networks n WHERE n.path <@ servicekit.caller_scopes()));
CREATE POLICY worker ON membership_history TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE membership_history;
