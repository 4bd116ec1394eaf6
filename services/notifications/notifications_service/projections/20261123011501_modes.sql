-- migrate:up
-- How people attend, and the sessions; unknown of versions that arrived before this was kept, of which nothing is said.
ALTER TABLE gatherings ADD COLUMN mode text, ADD COLUMN sessions text;
COMMENT ON TABLE gatherings IS
    'tags: event_id=none version=none network_id=none cell=none title=content venue=content starts=none ends=none zone=none revision=none mode=none sessions=content';

-- migrate:down
ALTER TABLE gatherings DROP COLUMN sessions, DROP COLUMN mode;
COMMENT ON TABLE gatherings IS
    'tags: event_id=none version=none network_id=none cell=none title=content venue=content starts=none ends=none zone=none revision=none';
