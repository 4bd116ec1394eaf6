-- migrate:up
-- A sign-in may be two persons' for a moment, of whom one is erased: ids rise with time, and the newer one is meant.
CREATE OR REPLACE FUNCTION access.principal(issuer_ text, subject_hash_ text, today date)
RETURNS TABLE (person_id uuid, grants text, networks text, heartbeats text)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    found uuid;
BEGIN
    PERFORM servicekit.enter('', '', '{}', NULL, subject_hash_);
    SELECT i.person_id INTO found
      FROM access_identities i
     WHERE i.issuer = issuer_ AND i.subject_hash = subject_hash_
     ORDER BY i.person_id DESC
     LIMIT 1;
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

CREATE OR REPLACE FUNCTION access.principals(issuers text[], subject_hashes text[], days date[])
RETURNS TABLE (person_id uuid, grants text, networks text, heartbeats text)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM servicekit.enter('', '', '{}', NULL, ''), servicekit.ask_by_key();
    SELECT coalesce(json_object_agg(h.cell, h.at), '{}')::text INTO heartbeats FROM access_heartbeats h;
    FOR place IN 1 .. cardinality(subject_hashes) LOOP
        PERFORM set_config('guildhall.person', '', true),
                set_config('guildhall.identity', subject_hashes[place], true);
        SELECT i.person_id INTO person_id
          FROM access_identities i
         WHERE i.issuer = issuers[place] AND i.subject_hash = subject_hashes[place]
         ORDER BY i.person_id DESC
         LIMIT 1;
        PERFORM set_config('guildhall.person', coalesce(person_id::text, ''), true);
        SELECT coalesce(json_agg(json_build_object(
                   'role', g.role, 'path', n.path::text, 'network_id', g.network_id, 'cell', g.cell,
                   'starts_at', g.starts_at, 'ends_at', g.ends_at)), '[]')::text
          INTO grants
          FROM access_grants g
          JOIN access_networks n USING (network_id)
         WHERE g.person_id = principals.person_id;
        SELECT coalesce(json_agg(DISTINCT above.network_id), '[]')::text
          INTO networks
          FROM access_memberships m
          JOIN access_networks n USING (network_id)
          JOIN access_networks above ON above.path @> n.path
         WHERE m.person_id = principals.person_id AND m.since <= days[place]
           AND (m.until IS NULL OR days[place] <= m.until);
        RETURN NEXT;
    END LOOP;
    PERFORM set_config('guildhall.person', '', true), set_config('guildhall.identity', '', true);
END
$$;

-- migrate:down
CREATE OR REPLACE FUNCTION access.principal(issuer_ text, subject_hash_ text, today date)
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

CREATE OR REPLACE FUNCTION access.principals(issuers text[], subject_hashes text[], days date[])
RETURNS TABLE (person_id uuid, grants text, networks text, heartbeats text)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM servicekit.enter('', '', '{}', NULL, ''), servicekit.ask_by_key();
    SELECT coalesce(json_object_agg(h.cell, h.at), '{}')::text INTO heartbeats FROM access_heartbeats h;
    FOR place IN 1 .. cardinality(subject_hashes) LOOP
        PERFORM set_config('guildhall.person', '', true),
                set_config('guildhall.identity', subject_hashes[place], true);
        SELECT i.person_id INTO person_id
          FROM access_identities i
         WHERE i.issuer = issuers[place] AND i.subject_hash = subject_hashes[place];
        PERFORM set_config('guildhall.person', coalesce(person_id::text, ''), true);
        SELECT coalesce(json_agg(json_build_object(
                   'role', g.role, 'path', n.path::text, 'network_id', g.network_id, 'cell', g.cell,
                   'starts_at', g.starts_at, 'ends_at', g.ends_at)), '[]')::text
          INTO grants
          FROM access_grants g
          JOIN access_networks n USING (network_id)
         WHERE g.person_id = principals.person_id;
        SELECT coalesce(json_agg(DISTINCT above.network_id), '[]')::text
          INTO networks
          FROM access_memberships m
          JOIN access_networks n USING (network_id)
          JOIN access_networks above ON above.path @> n.path
         WHERE m.person_id = principals.person_id AND m.since <= days[place]
           AND (m.until IS NULL OR days[place] <= m.until);
        RETURN NEXT;
    END LOOP;
    PERFORM set_config('guildhall.person', '', true), set_config('guildhall.identity', '', true);
END
$$;
