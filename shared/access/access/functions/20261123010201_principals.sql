-- migrate:up
-- Many identities in one round trip, each looked up as itself: none sees what is another's.
CREATE FUNCTION access.principals(issuers text[], subject_hashes text[], days date[])
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

-- The memberships of people who stand on rows that this transaction has locked: one, or those of a group.
CREATE OR REPLACE FUNCTION access.memberships_of(people uuid[])
RETURNS TABLE (person_id uuid, membership_id uuid, network_id uuid, main boolean, since date, until date,
               sector text, job_role text, networks uuid[], path text, cell text)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF servicekit.admitted() IS NOT NULL OR servicekit.admitted_rows() <> '{}' THEN
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
DROP FUNCTION access.principals;
CREATE OR REPLACE FUNCTION access.memberships_of(people uuid[])
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
