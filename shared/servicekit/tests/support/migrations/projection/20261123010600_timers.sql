-- migrate:up
CREATE TABLE timers (
    kind text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL UNIQUE,
    version integer NOT NULL,
    due_at timestamptz,
    PRIMARY KEY (kind, subject)
);
COMMENT ON TABLE timers IS 'tags: kind=none subject=none name=none version=none due_at=none';
CREATE INDEX timers_due ON timers (due_at) WHERE due_at IS NOT NULL;

-- migrate:down
DROP TABLE timers;
