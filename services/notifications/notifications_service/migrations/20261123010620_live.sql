-- migrate:up
-- Who each of many identities is now, in one call; each is looked up in its own scope, so that row-level security
-- stands. The table is found by the search path, so that this outlives every switch of a projection.
CREATE FUNCTION people_behind(issuers text[], identities text[]) RETURNS uuid[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    people uuid[] := '{}';
    person uuid;
BEGIN
    FOR place IN 1 .. coalesce(cardinality(identities), 0) LOOP
        PERFORM set_config('guildhall.identity', identities[place], true);
        SELECT i.person_id INTO person
          FROM access_identities i
         WHERE i.issuer = issuers[place] AND i.subject_hash = identities[place];
        people := people || CASE WHEN FOUND THEN person END;
    END LOOP;
    PERFORM set_config('guildhall.identity', '', true);
    RETURN people;
END
$$;

-- migrate:down
DROP FUNCTION people_behind;
