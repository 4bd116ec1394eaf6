-- migrate:up
-- One row for each cell that a person is known in; addresses are not kept here.
CREATE TABLE profiles (
    person_id uuid NOT NULL,
    cell text NOT NULL,
    version integer NOT NULL,
    given_name text NOT NULL,
    family_name text NOT NULL,
    searched_as text NOT NULL,
    PRIMARY KEY (person_id, cell)
);
COMMENT ON TABLE profiles IS
    'tags: person_id=pseudonym cell=none version=none given_name=personal family_name=personal searched_as=personal';

-- Who else sees a name is said where registrations are, which this schema is made before.
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE profiles FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON profiles TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON profiles TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE profiles;
