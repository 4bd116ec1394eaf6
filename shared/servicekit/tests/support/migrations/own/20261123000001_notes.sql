-- migrate:up
CREATE TABLE notes (id uuid PRIMARY KEY, person_id uuid NOT NULL, version integer NOT NULL DEFAULT 1);
COMMENT ON TABLE notes IS 'tags: id=none person_id=pseudonym version=none';
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON notes TO guildhall_api USING (person_id = servicekit.caller() OR id = servicekit.admitted());
CREATE POLICY worker ON notes TO guildhall_worker USING (true) WITH CHECK (true);

CREATE TABLE told (note_id uuid NOT NULL);
COMMENT ON TABLE told IS 'tags: note_id=none';

-- migrate:down
DROP TABLE notes, told;
