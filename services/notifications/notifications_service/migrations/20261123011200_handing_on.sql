-- migrate:up
-- Mails that another deployment sends, since the person has moved on; and how new a registration such a mail speaks of.
ALTER TABLE notifications DROP CONSTRAINT notifications_state_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_state_check
    CHECK (state IN ('queued', 'waiting-for-address', 'sending', 'sent', 'shown', 'failed', 'suppressed', 'unknown',
                     'before-start', 'handed-on'));
ALTER TABLE notifications ADD COLUMN registration_version integer;
COMMENT ON TABLE notifications IS
    'tags: id=pseudonym cause=none person_id=pseudonym channel=none kind=none event_id=none event_version=none registration_id=pseudonym place_in_line=none cell=none network=none state=none priority=none position=none created_at=none told_at=none read_at=none attempts=none repeats=none next_attempt_at=none sender=none message_id=pseudonym failure=none registration_version=none';

-- migrate:down
ALTER TABLE notifications DROP COLUMN registration_version;
ALTER TABLE notifications DROP CONSTRAINT notifications_state_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_state_check
    CHECK (state IN ('queued', 'waiting-for-address', 'sending', 'sent', 'shown', 'failed', 'suppressed', 'unknown',
                     'before-start')) NOT VALID;
