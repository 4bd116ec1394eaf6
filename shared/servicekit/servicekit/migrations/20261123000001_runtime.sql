-- migrate:up
CREATE SCHEMA IF NOT EXISTS servicekit;

CREATE TABLE servicekit.projections (
    name text PRIMARY KEY,
    active text NOT NULL CHECK (active IN ('a', 'b')) DEFAULT 'a',
    epoch integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE servicekit.projections IS 'tags: name=none active=none epoch=none';

-- Which projection each consumer feeds; the epoch of its inbox rows is that projection's.
CREATE TABLE servicekit.consumers (
    consumer text PRIMARY KEY,
    projection text NOT NULL REFERENCES servicekit.projections (name)
);
COMMENT ON TABLE servicekit.consumers IS 'tags: consumer=none projection=none';

-- This database's own name in Kafka's consumer groups: a database founded anew reads every topic from its start.
CREATE TABLE servicekit.deployment (
    id text PRIMARY KEY DEFAULT substr(md5(random()::text || clock_timestamp()::text), 1, 12)
);
COMMENT ON TABLE servicekit.deployment IS 'tags: id=none';
INSERT INTO servicekit.deployment DEFAULT VALUES;

CREATE FUNCTION servicekit.active_schemas() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(name || '_' || active, ', ' ORDER BY name) || ', ', '') || 'public'
      FROM servicekit.projections
$$;

-- What every transaction says first. Custom settings end with the transaction; after first use they read as ''.
CREATE FUNCTION servicekit.enter(person text, email text, scopes text, schemas text, identity text) RETURNS void
LANGUAGE sql VOLATILE AS $$
    SELECT set_config('search_path', coalesce(schemas, servicekit.active_schemas()), true),
           set_config('guildhall.person', person, true),
           set_config('guildhall.email', email, true),
           set_config('guildhall.scopes', scopes, true),
           set_config('guildhall.identity', identity, true),
           set_config('guildhall.admitted', '', true),
           set_config('guildhall.admitted_people', '', true)
$$;

CREATE FUNCTION servicekit.caller() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('guildhall.person', true), '')::uuid
$$;

CREATE FUNCTION servicekit.caller_email() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('guildhall.email', true), '')
$$;

CREATE FUNCTION servicekit.caller_scopes() RETURNS public.ltree[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('guildhall.scopes', true), ''), '{}')::public.ltree[]
$$;

CREATE FUNCTION servicekit.admitted() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('guildhall.admitted', true), '')::uuid
$$;

CREATE FUNCTION servicekit.admitted_people() RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('guildhall.admitted_people', true), ''), '{}')::uuid[]
$$;

CREATE TABLE servicekit.outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    lane smallint NOT NULL DEFAULT 1,
    topic text NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    version integer NOT NULL,
    body bytea,
    published_at timestamptz NOT NULL,
    sent_at timestamptz
);
COMMENT ON TABLE servicekit.outbox IS
    'tags: position=none id=none lane=none topic=none key=pseudonym type=none subject=pseudonym version=none body=pseudonym published_at=none sent_at=none';
CREATE INDEX outbox_unsent ON servicekit.outbox (lane, position) WHERE sent_at IS NULL;

CREATE TABLE servicekit.switches (
    name text PRIMARY KEY,
    is_on boolean NOT NULL
);
COMMENT ON TABLE servicekit.switches IS 'tags: name=none is_on=none';
INSERT INTO servicekit.switches (name, is_on) VALUES ('relay-held', false);

CREATE TABLE servicekit.inbox (
    consumer text NOT NULL,
    epoch integer NOT NULL,
    signal_id uuid NOT NULL,
    topic text NOT NULL,
    PRIMARY KEY (consumer, epoch, signal_id)
);
COMMENT ON TABLE servicekit.inbox IS 'tags: consumer=none epoch=none signal_id=none topic=none';

CREATE TABLE servicekit.parked (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer text NOT NULL,
    subject text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    key text,
    signal_id uuid,
    value bytea,
    cause text NOT NULL,
    parked_at timestamptz NOT NULL,
    UNIQUE (consumer, topic, partition, record_offset)
);
COMMENT ON TABLE servicekit.parked IS
    'tags: id=none consumer=none subject=pseudonym topic=none partition=none record_offset=none key=pseudonym signal_id=none value=pseudonym cause=none parked_at=none';
CREATE INDEX parked_subjects ON servicekit.parked (consumer, subject, id);
CREATE INDEX parked_signals ON servicekit.parked (signal_id);

CREATE TABLE servicekit.idempotency_keys (
    caller text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status smallint NOT NULL,
    body bytea NOT NULL,
    headers text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (caller, route, key)
);
COMMENT ON TABLE servicekit.idempotency_keys IS
    'tags: caller=pseudonym route=none key=none body_hash=none status=none body=personal headers=none at=none';
CREATE INDEX idempotency_keys_by_age ON servicekit.idempotency_keys (at);
-- Stored answers may hold what only their caller may see.
ALTER TABLE servicekit.idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE servicekit.idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON servicekit.idempotency_keys TO guildhall_api
    USING (caller = nullif(current_setting('guildhall.identity', true), ''));
CREATE POLICY worker ON servicekit.idempotency_keys TO guildhall_worker USING (true) WITH CHECK (true);

-- Each statement in a volatile function sees what committed before it: lock first, then look.
CREATE FUNCTION servicekit.claim_idempotency_key(caller_ text, route_ text, key_ text, since timestamptz)
RETURNS TABLE (claimed boolean, status smallint, body bytea, body_hash bytea, headers text)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(caller_ || E'\n' || route_ || E'\n' || key_, 0)) THEN
        RETURN QUERY SELECT false, NULL::smallint, NULL::bytea, NULL::bytea, NULL::text;
        RETURN;
    END IF;
    DELETE FROM servicekit.idempotency_keys k
     WHERE k.caller = caller_ AND k.route = route_ AND k.key = key_ AND k.at < since;
    RETURN QUERY
    SELECT true, k.status, k.body, k.body_hash, k.headers
      FROM (SELECT 1) one
      LEFT JOIN servicekit.idempotency_keys k
        ON k.caller = caller_ AND k.route = route_ AND k.key = key_;
END
$$;

-- migrate:down
DROP SCHEMA servicekit CASCADE;
