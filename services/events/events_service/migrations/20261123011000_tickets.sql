-- migrate:up
-- Which of a registration's tickets counts: renewing it makes the one before worthless.
ALTER TABLE registrations ADD COLUMN ticket integer NOT NULL DEFAULT 1 CHECK (ticket >= 1);
COMMENT ON TABLE registrations IS
    'tags: id=pseudonym event_id=none person_id=pseudonym status=none place=none code=pseudonym registered_at=none waited=none attended_at=none flag=none version=none ticket=none';

-- migrate:down
ALTER TABLE registrations DROP COLUMN ticket;
COMMENT ON TABLE registrations IS
    'tags: id=pseudonym event_id=none person_id=pseudonym status=none place=none code=pseudonym registered_at=none waited=none attended_at=none flag=none version=none';
