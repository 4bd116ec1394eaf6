-- migrate:up
-- What else an event is made of. Every column has a default, so that the release before this one goes on beside it.
ALTER TABLE events
    ADD COLUMN mode text NOT NULL DEFAULT 'offline' CHECK (mode IN ('offline', 'online', 'mixed')),
    ADD COLUMN sessions jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN co_hosts uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN partners text[] NOT NULL DEFAULT '{}',
    ADD COLUMN opens timestamp,
    ADD COLUMN closes timestamp,
    ADD COLUMN opens_at timestamptz,
    ADD COLUMN closes_at timestamptz,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
UPDATE events SET changed_at = published_at WHERE published_at IS NOT NULL;
COMMENT ON TABLE events IS
    'tags: id=none cell=none network_id=none kind=none title=content summary=content venue=content starts=none ends=none zone=none starts_at=none ends_at=none capacity=none open_to=none sectors=none job_roles=none status=none published_at=none revision=none version=none confirmed=none waiting=none last_place=none mode=none sessions=content co_hosts=none partners=content opens=none closes=none opens_at=none closes_at=none changed_at=none';

-- Where people meet online. It stands apart from the event, so that nothing that carries an event can carry it.
CREATE TABLE joining_links (
    event_id uuid PRIMARY KEY REFERENCES events (id),
    link text NOT NULL CHECK (link ~ '^https://'),
    version integer NOT NULL
);
COMMENT ON TABLE joining_links IS 'tags: event_id=none link=none version=none';
ALTER TABLE joining_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE joining_links FORCE ROW LEVEL SECURITY;
CREATE POLICY for_those_with_a_place_or_in_scope ON joining_links TO guildhall_api
    USING (event_id = servicekit.admitted() OR event_in_scope(event_id)
           OR EXISTS (SELECT FROM registrations r
                       WHERE r.event_id = joining_links.event_id
                         AND r.person_id = servicekit.caller() AND r.status = 'confirmed'));
CREATE POLICY worker ON joining_links TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE joining_links;
ALTER TABLE events
    DROP COLUMN mode, DROP COLUMN sessions, DROP COLUMN co_hosts, DROP COLUMN partners, DROP COLUMN opens,
    DROP COLUMN closes, DROP COLUMN opens_at, DROP COLUMN closes_at, DROP COLUMN changed_at;
