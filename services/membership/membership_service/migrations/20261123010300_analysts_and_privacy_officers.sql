-- migrate:up
ALTER TABLE grants DROP CONSTRAINT grants_role_check;
ALTER TABLE grants ADD CONSTRAINT grants_role_check
    CHECK (role IN ('lead', 'organiser', 'steward', 'analyst', 'privacy-officer'));

-- Whoever ends what somebody holds must know whether the nation is left without a lead, wherever they are lead
-- themselves. That is asked in transactions that have locked somebody, and in no others.
CREATE POLICY national_leads ON grants FOR SELECT TO guildhall_api
    USING (role = 'lead'
           AND servicekit.admitted() IS NOT NULL
           AND network_id IN (SELECT n.id FROM networks n WHERE n.kind = 'national'));

-- migrate:down
DROP POLICY national_leads ON grants;
ALTER TABLE grants DROP CONSTRAINT grants_role_check;
ALTER TABLE grants ADD CONSTRAINT grants_role_check CHECK (role IN ('lead', 'organiser', 'steward'));
