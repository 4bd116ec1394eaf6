-- migrate:up
-- What each agreement's partner was given: never deleted before its time, never filled in afterwards.
CREATE TABLE stream_items (
    agreement_id uuid NOT NULL,
    position bigint NOT NULL,
    signal_id uuid NOT NULL,
    type text NOT NULL,
    time timestamptz NOT NULL,
    network text NOT NULL,
    data jsonb NOT NULL,
    appended_at timestamptz NOT NULL,
    PRIMARY KEY (agreement_id, position),
    CONSTRAINT appended_once UNIQUE (agreement_id, signal_id)
);
COMMENT ON TABLE stream_items IS
    'tags: agreement_id=none position=none signal_id=none type=none time=none network=none data=content appended_at=none';
CREATE INDEX stream_items_by_age ON stream_items (appended_at);

-- migrate:down
DROP TABLE stream_items;
