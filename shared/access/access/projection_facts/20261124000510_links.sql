-- migrate:up
-- Whoever joins again after they were erased is somebody new, with the same sign-in. In which order the old link, its
-- end and the new link come is not said, so each link has a row of its own.
ALTER TABLE access_identities DROP CONSTRAINT access_identities_pkey;
ALTER TABLE access_identities ADD CONSTRAINT access_identities_pkey PRIMARY KEY (issuer, subject_hash, person_id);

-- migrate:down
ALTER TABLE access_identities DROP CONSTRAINT access_identities_pkey;
ALTER TABLE access_identities ADD CONSTRAINT access_identities_pkey PRIMARY KEY (issuer, subject_hash);
