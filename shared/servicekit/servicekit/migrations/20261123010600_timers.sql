-- migrate:up
-- What became of timers: one row for each that has come due, whatever is rebuilt. The timers themselves stand in a
-- table `timers` of the service's own (see servicekit.timers), where they are copies of facts and no more.
CREATE TABLE servicekit.timer_runs (
    name text PRIMARY KEY,
    kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('fired', 'waiting', 'parked')),
    tries integer NOT NULL DEFAULT 0,
    cause text,
    next_at timestamptz,
    at timestamptz NOT NULL,
    CONSTRAINT one_that_waits_says_until_when CHECK ((state = 'waiting') = (next_at IS NOT NULL))
);
COMMENT ON TABLE servicekit.timer_runs IS
    'tags: name=none kind=none state=none tries=none cause=none next_at=none at=none';
CREATE INDEX timer_runs_unfinished ON servicekit.timer_runs (state, at) WHERE state <> 'fired';

-- migrate:down
DROP TABLE servicekit.timer_runs;
