-- migrate:up
-- What many are told of one thing: an event's announcement, its reminders, and what leads say to their networks.
ALTER TABLE announcements ALTER COLUMN event_id DROP NOT NULL;
ALTER TABLE announcements ADD COLUMN kind text NOT NULL DEFAULT 'event-announced';
ALTER TABLE announcements ADD COLUMN network_id uuid;
ALTER TABLE announcements ADD COLUMN id uuid UNIQUE;
ALTER TABLE announcements ADD COLUMN title text;
ALTER TABLE announcements ADD COLUMN body text;
ALTER TABLE announcements ADD COLUMN made_by uuid;
ALTER TABLE announcements ADD COLUMN total integer;
ALTER TABLE announcements ADD COLUMN suppressed integer NOT NULL DEFAULT 0;
ALTER TABLE announcements ADD COLUMN mails_sent integer NOT NULL DEFAULT 0;
ALTER TABLE announcements ADD COLUMN mails_failed integer NOT NULL DEFAULT 0;
ALTER TABLE announcements ADD COLUMN mails_waiting integer NOT NULL DEFAULT 0;
ALTER TABLE announcements ADD COLUMN counted_at timestamptz;
ALTER TABLE announcements ADD COLUMN count_at timestamptz;
ALTER TABLE announcements DROP CONSTRAINT announcements_state_check;
ALTER TABLE announcements ADD CONSTRAINT announcements_state_check
    CHECK (state IN ('running', 'paused', 'done', 'stopped', 'before-start'));
ALTER TABLE announcements ADD CONSTRAINT what_leads_say_has_words
    CHECK ((kind = 'announcement') = (id IS NOT NULL AND title IS NOT NULL AND body IS NOT NULL
                                      AND network_id IS NOT NULL AND made_by IS NOT NULL));
COMMENT ON TABLE announcements IS
    'tags: cause=none event_id=none cell=none network=none eligible_on=none networks=none sectors=none job_roles=none state=none passes=none resume_after=pseudonym told=none created_at=none next_at=none finished_at=none kind=none network_id=none id=none title=content body=content made_by=pseudonym total=none suppressed=none mails_sent=none mails_failed=none mails_waiting=none counted_at=none count_at=none';
CREATE INDEX announcements_of_a_network ON announcements (cell, network_id, id) WHERE kind = 'announcement';
CREATE INDEX announcements_to_count ON announcements (count_at) WHERE count_at IS NOT NULL;

-- Those who hold a grant at the network see what was said there; whoever was told reads the words again.
ALTER TABLE announcements ENABLE ROW LEVEL SECURITY;
ALTER TABLE announcements FORCE ROW LEVEL SECURITY;
-- The networks are found by the search path, so that this outlives every switch of a projection.
CREATE FUNCTION in_callers_scopes(asked uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM access_networks n
                    WHERE n.network_id = asked AND n.path OPERATOR(public.<@) servicekit.caller_scopes());
END
$$;
CREATE POLICY in_scope ON announcements TO guildhall_api USING (in_callers_scopes(network_id));
CREATE POLICY told ON announcements FOR SELECT TO guildhall_api
    USING (EXISTS (SELECT FROM notifications n
                    WHERE n.cause = announcements.cause AND n.person_id = servicekit.caller()));
CREATE POLICY worker ON announcements TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP POLICY worker ON announcements;
DROP POLICY told ON announcements;
DROP POLICY in_scope ON announcements;
ALTER TABLE announcements DISABLE ROW LEVEL SECURITY;
DROP FUNCTION in_callers_scopes;
DROP INDEX announcements_to_count, announcements_of_a_network;
DELETE FROM announcements WHERE kind <> 'event-announced';
ALTER TABLE announcements DROP CONSTRAINT what_leads_say_has_words;
ALTER TABLE announcements DROP COLUMN kind, DROP COLUMN network_id, DROP COLUMN id, DROP COLUMN title, DROP COLUMN body,
    DROP COLUMN made_by, DROP COLUMN total, DROP COLUMN suppressed, DROP COLUMN mails_sent, DROP COLUMN mails_failed,
    DROP COLUMN mails_waiting, DROP COLUMN counted_at, DROP COLUMN count_at;
