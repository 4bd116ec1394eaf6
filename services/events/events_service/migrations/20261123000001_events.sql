-- migrate:up
CREATE TABLE events (
    id uuid PRIMARY KEY,
    cell text NOT NULL,
    network_id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    summary text NOT NULL,
    venue text NOT NULL,
    starts timestamp NOT NULL,
    ends timestamp NOT NULL,
    zone text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    capacity integer NOT NULL CONSTRAINT has_places CHECK (capacity >= 1),
    open_to uuid[] NOT NULL,
    sectors text[] NOT NULL,
    job_roles text[] NOT NULL,
    status text NOT NULL CHECK (status IN ('draft', 'published', 'cancelled')),
    published_at timestamptz,
    revision integer NOT NULL,
    version integer NOT NULL,
    confirmed integer NOT NULL DEFAULT 0 CHECK (confirmed >= 0),
    waiting integer NOT NULL DEFAULT 0 CHECK (waiting >= 0),
    last_place bigint NOT NULL DEFAULT 0,
    CONSTRAINT ends_after_start CHECK (ends_at > starts_at),
    -- The lock of this row keeps capacity; this stands behind it.
    CONSTRAINT never_oversold CHECK (confirmed <= capacity)
) WITH (fillfactor = 50);
COMMENT ON TABLE events IS
    'tags: id=none cell=none network_id=none kind=none title=content summary=content venue=content starts=none ends=none zone=none starts_at=none ends_at=none capacity=none open_to=none sectors=none job_roles=none status=none published_at=none revision=none version=none confirmed=none waiting=none last_place=none';
CREATE INDEX events_by_start ON events (cell, starts_at);

CREATE TABLE registrations (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES events (id),
    person_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('confirmed', 'waiting', 'cancelled')),
    place bigint NOT NULL,
    code text NOT NULL,
    registered_at timestamptz NOT NULL,
    waited boolean NOT NULL,
    attended_at timestamptz,
    flag text,
    version integer NOT NULL,
    CONSTRAINT one_code_each UNIQUE (event_id, code),
    CONSTRAINT attends_with_a_place CHECK (attended_at IS NULL OR status = 'confirmed')
);
COMMENT ON TABLE registrations IS
    'tags: id=pseudonym event_id=none person_id=pseudonym status=none place=none code=pseudonym registered_at=none waited=none attended_at=none flag=none version=none';
CREATE UNIQUE INDEX one_live_registration_each ON registrations (event_id, person_id) WHERE status <> 'cancelled';
CREATE INDEX registrations_in_line ON registrations (event_id, place) WHERE status = 'waiting';
CREATE INDEX registrations_by_person ON registrations (person_id, registered_at, id);

-- Which places are in line. It names nobody: whoever waits may count those before them without seeing who they are.
CREATE TABLE waiting_places (
    event_id uuid NOT NULL REFERENCES events (id),
    place bigint NOT NULL,
    PRIMARY KEY (event_id, place)
);
COMMENT ON TABLE waiting_places IS 'tags: event_id=none place=none';

-- In PL/pgSQL, so that the networks are those of the projection that is active in the asking transaction.
CREATE FUNCTION event_in_scope(event uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM events e
                     JOIN access_networks n USING (network_id)
                    WHERE e.id = event AND n.path <@ servicekit.caller_scopes());
END
$$;

ALTER TABLE registrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE registrations FORCE ROW LEVEL SECURITY;
CREATE POLICY own_or_in_scope ON registrations TO guildhall_api
    USING (person_id = servicekit.caller() OR event_id = servicekit.admitted() OR event_in_scope(event_id));
CREATE POLICY worker ON registrations TO guildhall_worker USING (true) WITH CHECK (true);

-- A name is seen by those who see a registration of its bearer, on whichever side of the projection it stands.
CREATE POLICY on_a_door_list ON projection_a.profiles TO guildhall_api
    USING (EXISTS (SELECT FROM registrations r WHERE r.person_id = profiles.person_id));
CREATE POLICY on_a_door_list ON projection_b.profiles TO guildhall_api
    USING (EXISTS (SELECT FROM registrations r WHERE r.person_id = profiles.person_id));

-- migrate:down
DROP POLICY on_a_door_list ON projection_b.profiles;
DROP POLICY on_a_door_list ON projection_a.profiles;
DROP TABLE waiting_places, registrations, events;
DROP FUNCTION event_in_scope;
