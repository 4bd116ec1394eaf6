-- migrate:up
CREATE TABLE servicekit.feed_counters (
    feed text PRIMARY KEY,
    last bigint NOT NULL
);
COMMENT ON TABLE servicekit.feed_counters IS 'tags: feed=pseudonym last=none';

-- migrate:down
DROP TABLE servicekit.feed_counters;
