-- migrate:up

-- Keys of compacted topics of which an older record may still arrive, and since when nobody sends it any more.
CREATE TABLE servicekit.doubts (
    topic text NOT NULL,
    key text NOT NULL,
    position bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (topic, key)
);
COMMENT ON TABLE servicekit.doubts IS 'tags: topic=none key=pseudonym position=none at=none';

-- migrate:down
DROP TABLE servicekit.doubts;
