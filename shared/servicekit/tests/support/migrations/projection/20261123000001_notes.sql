-- migrate:up
CREATE TABLE kept_notes (note_id uuid PRIMARY KEY, texts text[] NOT NULL);
COMMENT ON TABLE kept_notes IS 'tags: note_id=none texts=none';

-- migrate:down
DROP TABLE kept_notes;
