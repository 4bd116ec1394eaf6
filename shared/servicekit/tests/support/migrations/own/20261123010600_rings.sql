-- migrate:up
CREATE TABLE rings (name text NOT NULL, by text NOT NULL);
COMMENT ON TABLE rings IS 'tags: name=none by=none';

-- migrate:down
DROP TABLE rings;
