-- migrate:up
-- Whoever asks what is held of them is shown their own rows, in a transaction that runs for them alone: one with scopes
-- counts what its caller may count, and would count them once too often.
CREATE POLICY about_oneself ON membership_versions FOR SELECT TO guildhall_api
    USING (person_id = servicekit.caller() AND servicekit.caller_scopes() = '{}');
CREATE POLICY about_oneself ON registrations FOR SELECT TO guildhall_api
    USING (person_id = servicekit.caller() AND servicekit.caller_scopes() = '{}');
CREATE POLICY about_oneself ON tellings FOR SELECT TO guildhall_api
    USING (person_id = servicekit.caller() AND servicekit.caller_scopes() = '{}');

-- migrate:down
DROP POLICY about_oneself ON tellings;
DROP POLICY about_oneself ON registrations;
DROP POLICY about_oneself ON membership_versions;
