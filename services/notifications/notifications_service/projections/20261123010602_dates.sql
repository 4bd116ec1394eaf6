-- migrate:up
-- When an event starts, version by version: a reminder is anchored to the revision that set its date.
CREATE TABLE event_dates (
    event_id uuid NOT NULL,
    version integer NOT NULL,
    revision integer NOT NULL,
    starts_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    cancelled boolean NOT NULL,
    cell text NOT NULL,
    network text NOT NULL,
    PRIMARY KEY (event_id, version)
);
COMMENT ON TABLE event_dates IS
    'tags: event_id=none version=none revision=none starts_at=none known_at=none cancelled=none cell=none network=none';

-- migrate:down
DROP TABLE event_dates;
