-- migrate:up
-- A file that somebody asked for: figures alone, kept for a week. What it was made of stands in the job until it is made.
CREATE TABLE export_files (
    export_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    cell text NOT NULL,
    network_id uuid NOT NULL,
    action text NOT NULL,
    exact boolean NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL CHECK (length(content) <= 8388608),
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE export_files IS
    'tags: export_id=none person_id=pseudonym cell=none network_id=none action=none exact=none name=content media_type=none content=content made_at=none expires_at=none';
CREATE INDEX export_files_by_expiry ON export_files (expires_at);
CREATE INDEX export_files_by_person ON export_files (person_id);
ALTER TABLE export_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE export_files FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON export_files TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON export_files TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE export_files;
