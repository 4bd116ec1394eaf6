-- migrate:up
CREATE TABLE servicekit.jobs (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    title text NOT NULL,
    input bytea,
    parameters jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')) DEFAULT 'queued',
    done integer NOT NULL DEFAULT 0,
    total integer,
    resume jsonb NOT NULL DEFAULT '{}',
    report jsonb,
    message text,
    requested_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    attempt smallint NOT NULL DEFAULT 0,
    lease uuid,
    lease_until timestamptz
);
COMMENT ON TABLE servicekit.jobs IS
    'tags: id=none kind=none title=none input=personal parameters=pseudonym state=none done=none total=none resume=pseudonym report=personal message=none requested_by=pseudonym created_at=none started_at=none finished_at=none attempt=none lease=none lease_until=none';
CREATE INDEX jobs_waiting ON servicekit.jobs (created_at, id) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_by_requester ON servicekit.jobs (requested_by, created_at);

-- What somebody asked for, and its report, is shown to nobody else.
ALTER TABLE servicekit.jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE servicekit.jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs_of_the_caller ON servicekit.jobs TO guildhall_api
    USING (requested_by = servicekit.caller()) WITH CHECK (requested_by = servicekit.caller());
CREATE POLICY jobs_behind ON servicekit.jobs TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE servicekit.jobs;
