-- migrate:up

-- What last went wrong, by process and by what it was: for whoever looks after the service; nothing about persons.
CREATE TABLE servicekit.last_errors (
    process text NOT NULL,
    event text NOT NULL,
    error text,
    at timestamptz NOT NULL,
    times bigint NOT NULL,
    PRIMARY KEY (process, event)
);
COMMENT ON TABLE servicekit.last_errors IS 'tags: process=none event=none error=none at=none times=none';

-- migrate:down
DROP TABLE servicekit.last_errors;
