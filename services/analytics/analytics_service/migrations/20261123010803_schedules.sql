-- migrate:up
-- A report that somebody wants regularly; ended, never deleted while links to it may still be opened.
CREATE TABLE report_schedules (
    schedule_id uuid PRIMARY KEY,
    version integer NOT NULL,
    person_id uuid NOT NULL,
    cell text NOT NULL,
    network_id uuid NOT NULL,
    report text NOT NULL,
    every text NOT NULL CHECK (every IN ('week', 'month')),
    on_day integer NOT NULL,
    next_on date NOT NULL,
    reports integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_because text CHECK ((ended_because IS NULL) = (ended_at IS NULL)),
    CONSTRAINT a_day_that_every_period_has CHECK (on_day BETWEEN 1 AND CASE every WHEN 'week' THEN 7 ELSE 28 END)
);
COMMENT ON TABLE report_schedules IS
    'tags: schedule_id=none version=none person_id=pseudonym cell=none network_id=none report=none every=none on_day=none next_on=none reports=none created_at=none ended_at=none ended_because=none';
CREATE UNIQUE INDEX nobody_asks_twice ON report_schedules (person_id, network_id, report, every, on_day)
    WHERE ended_at IS NULL;
CREATE INDEX report_schedules_due ON report_schedules (next_on) WHERE ended_at IS NULL;
ALTER TABLE report_schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_schedules FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON report_schedules TO guildhall_api
    USING (person_id = servicekit.caller()) WITH CHECK (person_id = servicekit.caller());
CREATE POLICY worker ON report_schedules TO guildhall_worker USING (true) WITH CHECK (true);

-- That a report can be opened by a link, of which only the hash is kept. No figure stands here.
CREATE TABLE ready_reports (
    report_id uuid PRIMARY KEY,
    schedule_id uuid NOT NULL REFERENCES report_schedules,
    person_id uuid NOT NULL,
    link_hash text NOT NULL UNIQUE,
    cell text NOT NULL,
    network_id uuid NOT NULL,
    report text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    ready_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT each_period_once UNIQUE (schedule_id, last_day)
);
COMMENT ON TABLE ready_reports IS
    'tags: report_id=none schedule_id=none person_id=pseudonym link_hash=pseudonym cell=none network_id=none report=none first_day=none last_day=none ready_at=none expires_at=none withdrawn_at=none';
CREATE INDEX ready_reports_by_expiry ON ready_reports (expires_at);
ALTER TABLE ready_reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE ready_reports FORCE ROW LEVEL SECURITY;
-- Whoever holds the link sees the one row that it leads to, without being anybody.
CREATE POLICY own_or_linked ON ready_reports TO guildhall_api
    USING (person_id = servicekit.caller() OR link_hash = nullif(current_setting('guildhall.identity', true), ''));
CREATE POLICY worker ON ready_reports TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE ready_reports, report_schedules;
