-- migrate:up
-- A list of a network's members also names those who never registered for anything: a transaction that has been admitted
-- to a network sees the names of those whose membership of it it sees. In PL/pgSQL, so that the memberships are those of
-- the projection that is active in the asking transaction.
CREATE FUNCTION of_admitted_network(person uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN servicekit.admitted() IS NOT NULL
       AND EXISTS (SELECT FROM access_memberships m
                    WHERE m.person_id = person AND m.network_id = servicekit.admitted());
END
$$;
CREATE POLICY on_a_list_of_members ON projection_a.profiles TO guildhall_api USING (of_admitted_network(person_id));
CREATE POLICY on_a_list_of_members ON projection_b.profiles TO guildhall_api USING (of_admitted_network(person_id));

-- migrate:down
DROP POLICY on_a_list_of_members ON projection_b.profiles;
DROP POLICY on_a_list_of_members ON projection_a.profiles;
DROP FUNCTION of_admitted_network;
