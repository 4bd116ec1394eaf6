-- migrate:up
-- Who was erased: what is told about them later is not kept. It is no projection, so that a rebuild and the consumer
-- that goes on meanwhile see one truth, and so that it outlives both.
CREATE TABLE servicekit.erased_people (
    person_id uuid PRIMARY KEY,
    at timestamptz NOT NULL
);
COMMENT ON TABLE servicekit.erased_people IS 'tags: person_id=pseudonym at=none';
ALTER TABLE servicekit.erased_people ENABLE ROW LEVEL SECURITY;
ALTER TABLE servicekit.erased_people FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON servicekit.erased_people FOR SELECT TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON servicekit.erased_people TO guildhall_worker USING (true) WITH CHECK (true);

-- The lock comes first: each statement of a volatile function sees what committed before it. Whoever keeps what is told
-- of persons shares it until their transaction ends, so that an erasure finds all that they wrote, or they find it.
CREATE FUNCTION servicekit.erased_among(people uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1701995891, 0);
    RETURN QUERY SELECT e.person_id FROM servicekit.erased_people e WHERE e.person_id = ANY (people);
END
$$;

CREATE FUNCTION servicekit.write_down_erased(person uuid, erased_at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1701995891, 0);
    INSERT INTO servicekit.erased_people (person_id, at) VALUES (person, erased_at)
        ON CONFLICT (person_id) DO UPDATE SET at = excluded.at;
END
$$;

-- migrate:down
DROP FUNCTION servicekit.write_down_erased, servicekit.erased_among;
DROP TABLE servicekit.erased_people;
