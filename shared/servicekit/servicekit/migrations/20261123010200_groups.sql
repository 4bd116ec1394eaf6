-- migrate:up
-- A transaction that serves a group of requests runs for nobody: it sees the rows that it has locked, and what hangs
-- on them.
CREATE FUNCTION servicekit.admitted_rows() RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('guildhall.admitted_rows', true), ''), '{}')::uuid[]
$$;

CREATE OR REPLACE FUNCTION servicekit.enter(person text, email text, scopes text, schemas text, identity text)
RETURNS void LANGUAGE sql VOLATILE AS $$
    SELECT set_config('search_path', coalesce(schemas, servicekit.active_schemas()), true),
           set_config('guildhall.person', person, true),
           set_config('guildhall.email', email, true),
           set_config('guildhall.scopes', scopes, true),
           set_config('guildhall.identity', identity, true),
           set_config('guildhall.identities', '', true),
           set_config('guildhall.admitted', '', true),
           set_config('guildhall.admitted_rows', '', true),
           set_config('guildhall.admitted_people', '', true)
$$;

-- Whose stored answers a statement may see and store: set within the two functions below, and nowhere else.
CREATE FUNCTION servicekit.identities() RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('guildhall.identities', true), ''), '{}')::text[]
$$;

CREATE POLICY of_the_group ON servicekit.idempotency_keys TO guildhall_api
    USING (caller = ANY (servicekit.identities()));

-- For a transaction that asks for few rows by their keys: a plan made while a table was empty must not read it whole.
-- It may still read a whole index; one row at a time (LATERAL, LIMIT) leaves it nothing but the key.
CREATE FUNCTION servicekit.ask_by_key() RETURNS void LANGUAGE sql VOLATILE AS $$
    SELECT set_config('enable_seqscan', 'off', true),
           set_config('enable_hashjoin', 'off', true),
           set_config('enable_mergejoin', 'off', true)
$$;

-- Says for whom the transaction runs (nobody), and claims the keys of all of its requests; they differ from each other.
-- Lock first, then look.
CREATE FUNCTION servicekit.enter_group(callers text[], routes text[], keys text[], since timestamptz)
RETURNS TABLE (claimed boolean, status smallint, body bytea, body_hash bytea, headers text)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    got boolean[];
BEGIN
    PERFORM servicekit.enter('', '', '{}', NULL, ''), servicekit.ask_by_key();
    IF cardinality(keys) = 0 THEN
        RETURN;
    END IF;
    SELECT array_agg(pg_try_advisory_xact_lock(hashtextextended(a.caller || E'\n' || a.route || E'\n' || a.key, 0))
                     ORDER BY a.place)
      INTO got
      FROM unnest(callers, routes, keys) WITH ORDINALITY AS a (caller, route, key, place);
    PERFORM set_config('guildhall.identities', callers::text, true);
    IF EXISTS (SELECT FROM unnest(callers, routes, keys) AS a (caller, route, key)
                CROSS JOIN LATERAL (SELECT FROM servicekit.idempotency_keys kept
                                     WHERE kept.caller = a.caller AND kept.route = a.route AND kept.key = a.key
                                       AND kept.at < since
                                     LIMIT 1) AS old) THEN
        DELETE FROM servicekit.idempotency_keys k
         USING unnest(callers, routes, keys) AS a (caller, route, key)
         WHERE k.caller = a.caller AND k.route = a.route AND k.key = a.key AND k.at < since;
    END IF;
    RETURN QUERY
    SELECT got[a.place], k.status, k.body, k.body_hash, k.headers
      FROM unnest(callers, routes, keys) WITH ORDINALITY AS a (caller, route, key, place)
      LEFT JOIN LATERAL (SELECT kept.status, kept.body, kept.body_hash, kept.headers
                           FROM servicekit.idempotency_keys kept
                          WHERE kept.caller = a.caller AND kept.route = a.route AND kept.key = a.key
                            AND got[a.place]
                          LIMIT 1) k ON true
     ORDER BY a.place;
    PERFORM set_config('guildhall.identities', '', true);
END
$$;

CREATE FUNCTION servicekit.keep_answers(callers text[], routes text[], keys text[], body_hashes bytea[],
                                        statuses smallint[], bodies bytea[], headers text[], kept_at timestamptz)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('guildhall.identities', callers::text, true);
    INSERT INTO servicekit.idempotency_keys (caller, route, key, body_hash, status, body, headers, at)
    SELECT a.*, kept_at FROM unnest(callers, routes, keys, body_hashes, statuses, bodies, headers) AS a;
    PERFORM set_config('guildhall.identities', '', true);
END
$$;

-- migrate:down
DROP FUNCTION servicekit.keep_answers, servicekit.enter_group, servicekit.ask_by_key;
DROP POLICY of_the_group ON servicekit.idempotency_keys;
CREATE OR REPLACE FUNCTION servicekit.enter(person text, email text, scopes text, schemas text, identity text)
RETURNS void LANGUAGE sql VOLATILE AS $$
    SELECT set_config('search_path', coalesce(schemas, servicekit.active_schemas()), true),
           set_config('guildhall.person', person, true),
           set_config('guildhall.email', email, true),
           set_config('guildhall.scopes', scopes, true),
           set_config('guildhall.identity', identity, true),
           set_config('guildhall.admitted', '', true),
           set_config('guildhall.admitted_people', '', true)
$$;
DROP FUNCTION servicekit.identities, servicekit.admitted_rows;
