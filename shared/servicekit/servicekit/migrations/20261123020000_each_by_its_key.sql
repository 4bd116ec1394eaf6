-- migrate:up
-- A plan made while a table was empty is kept as it grows. Without sequential scans it read a whole index in their
-- place; one row at a time leaves it nothing but the key.
CREATE OR REPLACE FUNCTION servicekit.enter_group(callers text[], routes text[], keys text[], since timestamptz)
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

-- migrate:down
CREATE OR REPLACE FUNCTION servicekit.enter_group(callers text[], routes text[], keys text[], since timestamptz)
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
    DELETE FROM servicekit.idempotency_keys k
     USING unnest(callers, routes, keys) AS a (caller, route, key)
     WHERE k.caller = a.caller AND k.route = a.route AND k.key = a.key AND k.at < since;
    RETURN QUERY
    SELECT got[a.place], k.status, k.body, k.body_hash, k.headers
      FROM unnest(callers, routes, keys) WITH ORDINALITY AS a (caller, route, key, place)
      LEFT JOIN servicekit.idempotency_keys k
        ON k.caller = a.caller AND k.route = a.route AND k.key = a.key AND got[a.place]
     ORDER BY a.place;
    PERFORM set_config('guildhall.identities', '', true);
END
$$;
