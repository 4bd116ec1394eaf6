-- migrate:up
-- Who was told what, by which channel: one row for each, whatever is delivered again.
CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    cause text NOT NULL,
    person_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('in-app', 'email')),
    kind text NOT NULL,
    event_id uuid,
    event_version integer,
    registration_id uuid,
    place_in_line integer,
    cell text NOT NULL,
    network text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'waiting-for-address', 'sending', 'sent', 'shown', 'failed',
                                         'suppressed', 'unknown', 'before-start')),
    priority smallint NOT NULL,
    position bigint,
    created_at timestamptz NOT NULL,
    told_at timestamptz,
    read_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    repeats integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    sender integer,
    message_id text,
    failure text,
    CONSTRAINT told_once UNIQUE (cause, person_id, channel),
    CONSTRAINT one_position_each UNIQUE (cell, person_id, position),
    CONSTRAINT shown_items_have_a_position CHECK ((state = 'shown') = (position IS NOT NULL)),
    CONSTRAINT a_sender_while_sending CHECK (state <> 'sending' OR sender IS NOT NULL)
) WITH (fillfactor = 80);
COMMENT ON TABLE notifications IS
    'tags: id=pseudonym cause=none person_id=pseudonym channel=none kind=none event_id=none event_version=none registration_id=pseudonym place_in_line=none cell=none network=none state=none priority=none position=none created_at=none told_at=none read_at=none attempts=none repeats=none next_attempt_at=none sender=none message_id=pseudonym failure=none';
CREATE INDEX notifications_queue ON notifications (priority, next_attempt_at) WHERE state = 'queued';
CREATE INDEX notifications_unfinished ON notifications (state)
 WHERE channel = 'email' AND state IN ('queued', 'waiting-for-address', 'unknown', 'failed');
CREATE INDEX notifications_sending ON notifications (sender) WHERE state = 'sending';
CREATE INDEX notifications_without_address ON notifications (person_id) WHERE state = 'waiting-for-address';

ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE notifications FORCE ROW LEVEL SECURITY;
-- A person's own and nobody else's: no lead sees what one person was told, or has read.
CREATE POLICY own ON notifications TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON notifications TO guildhall_worker USING (true) WITH CHECK (true);

-- Causes that are told to everybody who was registered at that moment: told once, though nobody may have been.
CREATE TABLE told_causes (
    cause text PRIMARY KEY
);
COMMENT ON TABLE told_causes IS 'tags: cause=none';

-- An event to be announced, and how far through its audience we are.
CREATE TABLE announcements (
    cause text PRIMARY KEY,
    event_id uuid NOT NULL,
    cell text NOT NULL,
    network text NOT NULL,
    eligible_on date NOT NULL,
    networks uuid[] NOT NULL,
    sectors text[] NOT NULL,
    job_roles text[] NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'before-start')),
    passes integer NOT NULL DEFAULT 0,
    resume_after uuid,
    told integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    finished_at timestamptz
);
COMMENT ON TABLE announcements IS
    'tags: cause=none event_id=none cell=none network=none eligible_on=none networks=none sectors=none job_roles=none state=none passes=none resume_after=pseudonym told=none created_at=none next_at=none finished_at=none';
CREATE INDEX announcements_by_event ON announcements (event_id);
CREATE INDEX announcements_running ON announcements (next_at) WHERE state = 'running';

-- migrate:down
DROP TABLE announcements, told_causes, notifications;
