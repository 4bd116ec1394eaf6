-- migrate:up
-- Figures that are NULL are suppressed; each row is added once and stays.
CREATE TABLE published_activity (
    network_id uuid NOT NULL,
    day date NOT NULL,
    parent_id uuid,
    active integer,
    active_directly integer,
    PRIMARY KEY (network_id, day),
    CONSTRAINT activity_is_rounded CHECK (active % 5 = 0 AND active_directly % 5 = 0)
);
COMMENT ON TABLE published_activity IS
    'tags: network_id=none day=none parent_id=none active=none active_directly=none';
CREATE INDEX published_activity_by_parent ON published_activity (parent_id, day);

-- Of those who joined in a month, how many belonged so many months after; after 0 months: how many joined.
CREATE TABLE published_retention (
    network_id uuid NOT NULL,
    month date NOT NULL,
    after integer NOT NULL CHECK (after >= 0),
    people integer,
    PRIMARY KEY (network_id, month, after),
    CONSTRAINT a_month_begins_on_its_first CHECK (extract(day FROM month) = 1),
    CONSTRAINT retention_is_rounded CHECK (people % 5 = 0)
);
COMMENT ON TABLE published_retention IS 'tags: network_id=none month=none after=none people=none';

-- migrate:down
DROP TABLE published_retention, published_activity;
