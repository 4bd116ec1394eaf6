-- migrate:up
-- Who an identity is, and all that decisions about them need, in one round trip. Tables are found by the search path
-- that the first statement sets, so that this function outlives every switch of a projection.
CREATE FUNCTION access.principal(issuer_ text, subject_hash_ text, today date)
RETURNS TABLE (person_id uuid, grants text, networks text, heartbeats text)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    found uuid;
BEGIN
    PERFORM servicekit.enter('', '', '{}', NULL, subject_hash_);
    SELECT i.person_id INTO found
      FROM access_identities i
     WHERE i.issuer = issuer_ AND i.subject_hash = subject_hash_;
    PERFORM set_config('guildhall.person', coalesce(found::text, ''), true);
    RETURN QUERY
    SELECT found,
           (SELECT coalesce(json_agg(json_build_object(
                       'role', g.role, 'path', n.path::text, 'network_id', g.network_id, 'cell', g.cell,
                       'starts_at', g.starts_at, 'ends_at', g.ends_at)), '[]')::text
              FROM access_grants g
              JOIN access_networks n USING (network_id)
             WHERE g.person_id = found),
           (SELECT coalesce(json_agg(DISTINCT above.network_id), '[]')::text
              FROM access_memberships m
              JOIN access_networks n USING (network_id)
              JOIN access_networks above ON above.path @> n.path
             WHERE m.person_id = found AND m.since <= today AND (m.until IS NULL OR today <= m.until)),
           (SELECT coalesce(json_object_agg(h.cell, h.at), '{}')::text FROM access_heartbeats h);
END
$$;

-- The memberships of people who stand on the row that this transaction has locked, as well as of everybody in scope:
-- a cancellation promotes somebody else.
CREATE FUNCTION access.memberships_of(people uuid[])
RETURNS TABLE (person_id uuid, membership_id uuid, network_id uuid, main boolean, since date, until date,
               sector text, job_role text, networks uuid[], path text, cell text)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF servicekit.admitted() IS NOT NULL THEN
        PERFORM set_config('guildhall.admitted_people', people::text, true);
    END IF;
    RETURN QUERY
    SELECT m.person_id, m.membership_id, m.network_id, m.main, m.since, m.until, m.sector, m.job_role,
           (SELECT array_agg(above.network_id) FROM access_networks above WHERE above.path @> n.path),
           n.path::text, n.cell
      FROM access_memberships m
      JOIN access_networks n USING (network_id)
     WHERE m.person_id = ANY (people);
END
$$;

-- migrate:down
DROP SCHEMA access CASCADE;
