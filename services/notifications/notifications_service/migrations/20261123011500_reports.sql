-- migrate:up
-- Reports that people are told of, each once, by its id. What opens one is kept until it opens nothing any more: here,
-- and in `facts` of its letter (letters), which is tagged personal for what it holds besides.
CREATE TABLE reports (
    report_id uuid PRIMARY KEY,
    cause text NOT NULL UNIQUE,
    person_id uuid NOT NULL,
    network_id uuid NOT NULL,
    report text NOT NULL,
    first date NOT NULL,
    last date NOT NULL,
    link text,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE reports IS
    'tags: report_id=none cause=none person_id=pseudonym network_id=none report=none first=none last=none link=pseudonym expires_at=none';
CREATE INDEX reports_open ON reports (expires_at) WHERE link IS NOT NULL;
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE reports FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON reports TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON reports TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE reports;
