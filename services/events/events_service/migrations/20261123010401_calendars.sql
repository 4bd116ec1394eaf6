-- migrate:up
-- Whoever has made the transaction known by a secret's hash sees the one calendar that it belongs to.
CREATE FUNCTION shown_secret() RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT decode(nullif(current_setting('guildhall.shown_secret', true), ''), 'hex')
$$;

CREATE FUNCTION network_in_scope(network uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM access_networks n
                    WHERE n.network_id = network AND n.path <@ servicekit.caller_scopes());
END
$$;

CREATE TABLE calendars (
    id uuid PRIMARY KEY,
    cell text NOT NULL,
    person_id uuid,
    network_id uuid,
    secret_hash bytea NOT NULL UNIQUE,
    made_at timestamptz NOT NULL,
    CONSTRAINT of_a_person_or_of_a_network CHECK (num_nonnulls(person_id, network_id) = 1)
);
COMMENT ON TABLE calendars IS
    'tags: id=none cell=none person_id=pseudonym network_id=none secret_hash=none made_at=none';
CREATE INDEX calendars_by_person ON calendars (person_id, cell) WHERE person_id IS NOT NULL;
CREATE INDEX calendars_by_network ON calendars (network_id) WHERE network_id IS NOT NULL;

ALTER TABLE calendars ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendars FORCE ROW LEVEL SECURITY;
CREATE POLICY shown_own_or_in_scope ON calendars TO guildhall_api
    USING (secret_hash = shown_secret() OR person_id = servicekit.caller() OR network_in_scope(network_id))
    WITH CHECK (person_id = servicekit.caller() OR network_in_scope(network_id));
CREATE POLICY worker ON calendars TO guildhall_worker USING (true) WITH CHECK (true);

-- A network's calendar shows what it holds alone and with others.
CREATE INDEX events_by_network ON events (network_id, starts_at);
CREATE INDEX events_by_co_host ON events USING gin (co_hosts);

-- migrate:down
DROP INDEX events_by_co_host, events_by_network;
DROP TABLE calendars;
DROP FUNCTION network_in_scope, shown_secret;
