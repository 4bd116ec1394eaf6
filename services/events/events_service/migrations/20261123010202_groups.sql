-- migrate:up
-- Requests for several events may be served in one transaction, which sees the events that it has locked.
ALTER POLICY own_or_in_scope ON registrations
    USING (person_id = servicekit.caller()
           OR event_id = servicekit.admitted()
           OR event_id = ANY (servicekit.admitted_rows())
           OR event_in_scope(event_id));

-- migrate:down
ALTER POLICY own_or_in_scope ON registrations
    USING (person_id = servicekit.caller() OR event_id = servicekit.admitted() OR event_in_scope(event_id));
