-- migrate:up
SELECT word_similarity('a', 'a'); -- so that the setting below is one that the database knows

-- Each way to look gives positions in its own order; whoever hides is not among them, and whoever shows
-- no more than a name is not found by anything else. Called by itself, each sees what the caller's policies let it see.
-- Their settings make the planner walk an index until a page is full: it cannot guess how soon that is, and would
-- rather look at everybody.

-- By name. spellings: what the words may have been meant as, as they were typed first; the others count
-- only where they stand in the name as they are. The best hits first.
CREATE FUNCTION directory_by_name(
    top ltree, today date, everybody boolean, spellings text[], employers uuid[], job_roles text[],
    after_place integer, after_family text, after_given text, after_id uuid, most integer
) RETURNS TABLE (place integer, family text, given text, id uuid, person_id uuid)
LANGUAGE plpgsql STABLE ROWS 50
SET plan_cache_mode = force_custom_plan SET pg_trgm.word_similarity_threshold = 0.33 AS $$
BEGIN
    IF length(spellings[1]) < 4 THEN -- the beginning of a name: half of it wrong would be nearly every name
        PERFORM set_config('pg_trgm.word_similarity_threshold', '0.6', true);
    END IF;
    RETURN QUERY
    WITH hits AS (
        SELECT hit.id, min(hit.place) AS place
          FROM (SELECT p.id, 1000 - (1000 * word_similarity(spellings[1], p.searched))::integer AS place
                  FROM people p
                 WHERE p.erased_at IS NULL AND spellings[1] <% p.searched
                 UNION ALL
                SELECT p.id, 200
                  FROM unnest(spellings[2:]) AS slip (spelling)
                  JOIN people p ON p.searched LIKE '%' || regexp_replace(slip.spelling, '([\\%_])', '\\\1', 'g') || '%'
                 WHERE p.erased_at IS NULL) hit
         GROUP BY hit.id
    )
    SELECT h.place, p.family_name, p.given_name, p.id, p.id
      FROM hits h
      JOIN people p ON p.id = h.id
      LEFT JOIN directory_choices c ON c.person_id = p.id
     WHERE (after_id IS NULL
            OR (h.place, p.family_name, p.given_name, p.id) > (after_place, after_family, after_given, after_id))
       AND (everybody OR coalesce(c.shown, 'shown') <> 'hidden')
       AND EXISTS (SELECT FROM directory_memberships(p.id, top, today))
       AND (employers IS NULL AND job_roles IS NULL
            OR (everybody OR coalesce(c.shown, 'shown') = 'shown')
               AND EXISTS (SELECT FROM directory_work(p.id, today) w
                            WHERE (employers IS NULL OR w.organisation_id = ANY (employers))
                              AND (job_roles IS NULL OR w.job_role = ANY (job_roles))))
     ORDER BY h.place, p.family_name, p.given_name, p.id
     LIMIT most;
END
$$;

-- By employer, by job role, or by both: in the order in which these are given, and then in that of memberships.
CREATE FUNCTION directory_by_work(
    top ltree, today date, everybody boolean, large boolean, employers uuid[], job_roles text[],
    after_place integer, after_id uuid, most integer
) RETURNS TABLE (place integer, family text, given text, id uuid, person_id uuid)
LANGUAGE plpgsql STABLE ROWS 50
SET plan_cache_mode = force_custom_plan SET enable_sort = off SET enable_hashjoin = off AS $$
DECLARE
    found integer := 0;
    added integer;
BEGIN
    IF NOT large THEN
        RETURN QUERY
        SELECT h.place, '', '', h.id, h.person_id
          FROM (SELECT coalesce(array_position(employers, w.organisation_id), array_position(job_roles, w.job_role)) AS place,
                       w.id, here.person_id
                  FROM (SELECT DISTINCT m.person_id
                          FROM networks n
                          JOIN memberships m ON m.network_id = n.id
                         WHERE n.path <@ top AND m.since <= today AND (m.until IS NULL OR today <= m.until)) here
                 CROSS JOIN LATERAL directory_work(here.person_id, today) w
                  LEFT JOIN directory_choices c ON c.person_id = here.person_id
                 WHERE (everybody OR coalesce(c.shown, 'shown') = 'shown')
                   AND (employers IS NULL OR w.organisation_id = ANY (employers))
                   AND (job_roles IS NULL OR w.job_role = ANY (job_roles))) h
         WHERE after_id IS NULL OR (h.place, h.id) > (after_place, after_id)
         ORDER BY h.place, h.id
         LIMIT most;
        RETURN;
    END IF;
    FOR nth IN coalesce(after_place, 1) .. coalesce(cardinality(employers), cardinality(job_roles)) LOOP
        IF employers IS NOT NULL THEN
            RETURN QUERY
            SELECT nth, '', '', w.id, w.person_id
              FROM memberships w
              LEFT JOIN directory_choices c ON c.person_id = w.person_id
             WHERE w.organisation_id = employers[nth] AND w.main
               AND w.since <= today AND (w.until IS NULL OR today <= w.until)
               AND (after_id IS NULL OR nth > after_place OR w.id > after_id)
               AND (everybody OR coalesce(c.shown, 'shown') = 'shown')
               AND EXISTS (SELECT FROM directory_memberships(w.person_id, top, today))
               AND (job_roles IS NULL
                    OR EXISTS (SELECT FROM directory_work(w.person_id, today) a WHERE a.job_role = ANY (job_roles)))
             ORDER BY w.id
             LIMIT most - found;
        ELSE
            RETURN QUERY
            SELECT nth, '', '', w.id, w.person_id
              FROM membership_descriptions d
              JOIN memberships w ON w.id = d.membership_id
              LEFT JOIN directory_choices c ON c.person_id = w.person_id
             WHERE d.job_role = job_roles[nth] AND w.main
               AND w.since <= today AND (w.until IS NULL OR today <= w.until)
               AND (after_id IS NULL OR nth > after_place OR d.membership_id > after_id)
               AND (everybody OR coalesce(c.shown, 'shown') = 'shown')
               AND NOT EXISTS (SELECT FROM membership_descriptions later
                                WHERE later.membership_id = d.membership_id
                                  AND later.described_from > d.described_from)
               AND EXISTS (SELECT FROM directory_memberships(w.person_id, top, today))
             ORDER BY d.membership_id
             LIMIT most - found;
        END IF;
        GET DIAGNOSTICS added = ROW_COUNT;
        found := found + added;
        EXIT WHEN found >= most;
    END LOOP;
END
$$;

-- Everybody, by name: of many, until a page is full.
CREATE FUNCTION directory_of_many(
    top ltree, today date, everybody boolean, after_family text, after_given text, after_id uuid, most integer
) RETURNS TABLE (place integer, family text, given text, id uuid, person_id uuid)
LANGUAGE plpgsql STABLE ROWS 50
SET plan_cache_mode = force_custom_plan SET enable_sort = off SET enable_hashjoin = off AS $$
BEGIN
    RETURN QUERY
    SELECT 0, p.family_name, p.given_name, p.id, p.id
      FROM people p
      LEFT JOIN directory_choices c ON c.person_id = p.id
     CROSS JOIN LATERAL (SELECT FROM directory_memberships(p.id, top, today) LIMIT 1) here
     WHERE p.erased_at IS NULL
       AND (after_id IS NULL OR (p.family_name, p.given_name, p.id) > (after_family, after_given, after_id))
       AND (everybody OR coalesce(c.shown, 'shown') <> 'hidden')
     ORDER BY p.family_name, p.given_name, p.id
     LIMIT most;
END
$$;

-- Everybody, by name: of few, all are looked at.
CREATE FUNCTION directory_of_few(
    top ltree, today date, everybody boolean, after_family text, after_given text, after_id uuid, most integer
) RETURNS TABLE (place integer, family text, given text, id uuid, person_id uuid)
LANGUAGE plpgsql STABLE ROWS 50 SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
      WITH here AS MATERIALIZED (
        SELECT DISTINCT m.person_id
          FROM networks n
          JOIN memberships m ON m.network_id = n.id
         WHERE n.path <@ top AND m.since <= today AND (m.until IS NULL OR today <= m.until)
      )
    SELECT 0, p.family_name, p.given_name, p.id, p.id
      FROM here
     CROSS JOIN LATERAL (SELECT * FROM people one WHERE one.id = here.person_id OFFSET 0) p
      LEFT JOIN directory_choices c ON c.person_id = p.id
     WHERE p.erased_at IS NULL
       AND (after_id IS NULL OR (p.family_name, p.given_name, p.id) > (after_family, after_given, after_id))
       AND (everybody OR coalesce(c.shown, 'shown') <> 'hidden')
     ORDER BY p.family_name, p.given_name, p.id
     LIMIT most;
END
$$;

-- Organisations that a name or a code may mean, former names included; the best first.
CREATE FUNCTION directory_employers(wanted text, most integer) RETURNS uuid[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg(hit.id ORDER BY hit.likeness DESC, hit.whole DESC, hit.id)
      FROM (SELECT named.id, max(named.likeness) AS likeness, max(named.whole) AS whole
              FROM (SELECT o.id, CASE WHEN o.ods_code = upper(wanted) THEN 2
                                      ELSE strict_word_similarity(directory_folded(wanted), o.searched) END AS likeness,
                             similarity(directory_folded(wanted), o.searched) AS whole
                      FROM organisations o
                     UNION ALL
                    SELECT f.organisation_id, strict_word_similarity(directory_folded(wanted), f.searched),
                           similarity(directory_folded(wanted), f.searched)
                      FROM organisation_names f) named
             WHERE named.likeness >= 0.5
             GROUP BY named.id
             ORDER BY 2 DESC, 3 DESC, named.id
             LIMIT most) hit
$$;

-- Job roles that a code or a title may mean; the best first.
CREATE FUNCTION directory_job_roles(wanted text, codes text[], titles text[]) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(role.code ORDER BY role.likeness DESC, role.whole DESC, role.code)
      FROM (SELECT known.code, CASE WHEN known.code = wanted THEN 2
                                    ELSE strict_word_similarity(directory_folded(wanted), directory_folded(known.title))
                               END AS likeness,
                   similarity(directory_folded(wanted), directory_folded(known.title)) AS whole
              FROM unnest(codes, titles) AS known (code, title)) role
     WHERE role.likeness >= 0.5
$$;

-- A page of the directory of a network. as_lead: also those who hide, and what leads see beside, where the caller's
-- grants reach. The position of each row is what the next page goes on after.
CREATE FUNCTION directory_page(
    network_ uuid, today date, as_lead boolean, spellings text[], trust_ text, job_role_ text,
    codes text[], titles text[],
    after_place integer, after_family text, after_given text, after_id uuid, most integer
) RETURNS TABLE (place integer, family text, given text, id uuid,
                 given_name text, family_name text, trust text, job_role text,
                 person_id uuid, email text, shown text, since date, until date)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    top ltree := directory_top(network_, today);
    everybody boolean := as_lead AND top <@ servicekit.caller_scopes();
    employers uuid[] := directory_employers(trust_, 50);
    job_roles text[] := directory_job_roles(job_role_, codes, titles);
    large boolean;
BEGIN
    IF top IS NULL OR trust_ IS NOT NULL AND employers IS NULL OR job_role_ IS NOT NULL AND job_roles IS NULL THEN
        RETURN;
    END IF;
    large := spellings IS NULL AND directory_is_large(top, today, 3000);
    RETURN QUERY
    WITH found AS (
        SELECT * FROM directory_by_name(top, today, everybody, spellings, employers, job_roles,
                                        after_place, after_family, after_given, after_id, most)
         WHERE spellings IS NOT NULL
         UNION ALL
        SELECT * FROM directory_by_work(top, today, everybody, large, employers, job_roles,
                                        after_place, after_id, most)
         WHERE spellings IS NULL AND coalesce(trust_, job_role_) IS NOT NULL
         UNION ALL
        SELECT * FROM directory_of_many(top, today, everybody, after_family, after_given, after_id, most)
         WHERE large AND coalesce(trust_, job_role_) IS NULL
         UNION ALL
        SELECT * FROM directory_of_few(top, today, everybody, after_family, after_given, after_id, most)
         WHERE NOT large AND coalesce(spellings[1], trust_, job_role_) IS NULL
    )
    SELECT f.place, f.family, f.given, f.id, p.given_name, p.family_name,
           CASE WHEN everybody OR said.shown = 'shown' THEN o.name END,
           CASE WHEN everybody OR said.shown = 'shown' THEN w.job_role END,
           CASE WHEN everybody THEN p.id END,
           CASE WHEN everybody THEN p.email::text END,
           CASE WHEN everybody THEN said.shown END,
           CASE WHEN everybody THEN here.since END,
           CASE WHEN everybody THEN here.until END
      FROM found f
      JOIN people p ON p.id = f.person_id
      LEFT JOIN directory_choices c ON c.person_id = p.id
     CROSS JOIN LATERAL (SELECT coalesce(c.shown, 'shown') AS shown) said
      LEFT JOIN LATERAL directory_work(p.id, today) w ON true
      LEFT JOIN organisations o ON o.id = w.organisation_id
     CROSS JOIN LATERAL (SELECT m.since, m.until FROM directory_memberships(p.id, top, today) m
                          ORDER BY m.main DESC, m.since, m.id LIMIT 1) here
     ORDER BY f.place, f.family, f.given, f.id;
END
$$;

-- migrate:down
DROP FUNCTION directory_page, directory_job_roles, directory_employers, directory_of_few, directory_of_many,
    directory_by_work, directory_by_name;
