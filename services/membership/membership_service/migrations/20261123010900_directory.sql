-- migrate:up
-- What people show of themselves to other members; whoever never chose has no row, and is shown.
CREATE TABLE directory_choices (
    person_id uuid PRIMARY KEY REFERENCES people (id),
    shown text NOT NULL CHECK (shown IN ('shown', 'name-only', 'hidden')),
    version integer NOT NULL,
    chosen_at timestamptz NOT NULL
);
COMMENT ON TABLE directory_choices IS 'tags: person_id=pseudonym shown=none version=none chosen_at=none';
ALTER TABLE directory_choices ENABLE ROW LEVEL SECURITY;
ALTER TABLE directory_choices FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON directory_choices TO guildhall_api
    USING (person_id = servicekit.caller() OR person_id = servicekit.admitted());
CREATE POLICY worker ON directory_choices TO guildhall_worker USING (true) WITH CHECK (true);

-- A text as it is searched: small letters, no accents, no apostrophes.
CREATE FUNCTION directory_folded(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT translate(regexp_replace(normalize(lower($1), NFD), '[\u0300-\u036f''’ʼ`]', '', 'g'), 'øłđðıſ‐‑', 'olddis--')
$$;

ALTER TABLE people ADD COLUMN searched text NOT NULL
    GENERATED ALWAYS AS (directory_folded(given_name || ' ' || family_name)) STORED;
COMMENT ON TABLE people IS
    'tags: id=pseudonym given_name=personal family_name=personal email=personal language=none version=none profile_version=none grants_version=none registered_at=none erased_at=none searched=personal';
CREATE INDEX people_searched ON people USING gin (searched gin_trgm_ops) WHERE erased_at IS NULL;
CREATE INDEX memberships_organisation ON memberships (organisation_id, id);
CREATE INDEX membership_descriptions_job_role ON membership_descriptions (job_role, membership_id);

-- The directory is read by one function that runs as the owner, since no index serves a search behind policies that
-- judge row by row. The owner reads these tables for it; the wall stands inside, at its first line.
CREATE POLICY directory ON people FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY directory ON memberships FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY directory ON membership_descriptions FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY directory ON directory_choices FOR SELECT TO CURRENT_USER USING (true);

-- The wall: where the caller stands. The path of the network, for whoever is a member there today and for whoever
-- holds something there or above; nothing for everybody else.
CREATE FUNCTION directory_top(network_ uuid, today date) RETURNS ltree LANGUAGE sql STABLE AS $$
    SELECT top.path
      FROM networks top
     WHERE top.id = network_
       AND (top.path <@ servicekit.caller_scopes()
            OR EXISTS (SELECT FROM memberships m
                         JOIN networks n ON n.id = m.network_id
                        WHERE m.person_id = servicekit.caller() AND n.path <@ top.path
                          AND m.since <= today AND (m.until IS NULL OR today <= m.until)))
$$;

-- Somebody's memberships today, here or below.
CREATE FUNCTION directory_memberships(person_ uuid, top ltree, today date)
RETURNS TABLE (id uuid, since date, until date, main boolean) LANGUAGE sql STABLE AS $$
    SELECT m.id, m.since, m.until, m.main
      FROM memberships m
      JOIN networks n ON n.id = m.network_id
     WHERE m.person_id = person_ AND n.path <@ top AND m.since <= today AND (m.until IS NULL OR today <= m.until)
$$;

-- Where somebody works, and as what: their main membership today.
CREATE FUNCTION directory_work(person_ uuid, today date)
RETURNS TABLE (id uuid, organisation_id uuid, job_role text) LANGUAGE sql STABLE AS $$
    SELECT w.id, w.organisation_id,
           (SELECT d.job_role FROM membership_descriptions d
             WHERE d.membership_id = w.id ORDER BY d.described_from DESC LIMIT 1)
      FROM memberships w
     WHERE w.person_id = person_ AND w.main AND w.since <= today AND (w.until IS NULL OR today <= w.until)
$$;

-- Whether this many are members today, here or below; where they are fewer, looking at each of them is cheapest.
CREATE FUNCTION directory_is_large(top ltree, today date, many integer) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT count(*) = many
      FROM (SELECT FROM networks n
              JOIN memberships m ON m.network_id = n.id
             WHERE n.path <@ top AND m.since <= today AND (m.until IS NULL OR today <= m.until)
             LIMIT many) counted
$$;

-- migrate:down
DROP FUNCTION directory_is_large, directory_work, directory_memberships, directory_top;
DROP POLICY directory ON membership_descriptions;
DROP POLICY directory ON memberships;
DROP POLICY directory ON people;
DROP INDEX membership_descriptions_job_role, memberships_organisation;
ALTER TABLE people DROP COLUMN searched;
COMMENT ON TABLE people IS
    'tags: id=pseudonym given_name=personal family_name=personal email=personal language=none version=none profile_version=none grants_version=none registered_at=none erased_at=none';
DROP FUNCTION directory_folded;
DROP TABLE directory_choices;
