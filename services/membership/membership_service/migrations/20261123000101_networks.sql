-- migrate:up
CREATE TABLE networks (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('national', 'region', 'trust', 'group')),
    name text NOT NULL,
    path ltree NOT NULL,
    cell text NOT NULL,
    ods_code text,
    sector text,
    since date NOT NULL,
    until date,
    successor_id uuid REFERENCES networks (id),
    version integer NOT NULL,
    CONSTRAINT networks_days CHECK (until >= since)
);
COMMENT ON TABLE networks IS
    'tags: id=none kind=none name=content path=none cell=none ods_code=none sector=none since=none until=none successor_id=none version=none';
CREATE UNIQUE INDEX networks_path ON networks (path);
CREATE INDEX networks_below ON networks USING gist (path);
CREATE UNIQUE INDEX networks_ods_code ON networks (ods_code);

-- What a network was called, where it stood and what it was, from which day on.
CREATE TABLE network_descriptions (
    network_id uuid NOT NULL REFERENCES networks (id),
    described_from date NOT NULL,
    name text NOT NULL,
    path ltree NOT NULL,
    sector text,
    PRIMARY KEY (network_id, described_from)
);
COMMENT ON TABLE network_descriptions IS
    'tags: network_id=none described_from=none name=content path=none sector=none';

-- Employers: trusts, open and closed, and organisations that no network stands for.
CREATE TABLE organisations (
    id uuid PRIMARY KEY,
    ods_code text,
    name text NOT NULL,
    sector text,
    network_id uuid REFERENCES networks (id),
    home_id uuid REFERENCES networks (id),
    closed boolean NOT NULL DEFAULT false,
    until date,
    successor_code text,
    searched text NOT NULL,
    CONSTRAINT organisations_network CHECK (network_id IS NULL OR home_id IS NULL)
);
COMMENT ON TABLE organisations IS
    'tags: id=none ods_code=none name=content sector=none network_id=none home_id=none closed=none until=none successor_code=none searched=content';
COMMENT ON COLUMN organisations.home_id IS 'where people of an organisation without a network belong';
COMMENT ON COLUMN organisations.searched IS 'the name as names are compared';
CREATE UNIQUE INDEX organisations_ods_code ON organisations (ods_code);
CREATE UNIQUE INDEX organisations_without_network ON organisations (searched, home_id) WHERE ods_code IS NULL;
CREATE INDEX organisations_network_id ON organisations (network_id);

-- Other names under the same code, from the first day on which a published list carries them.
CREATE TABLE organisation_names (
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    name text NOT NULL,
    named_from date NOT NULL,
    searched text NOT NULL,
    PRIMARY KEY (organisation_id, named_from)
);
COMMENT ON TABLE organisation_names IS
    'tags: organisation_id=none name=content named_from=none searched=content';

-- migrate:down
DROP TABLE organisation_names, organisations, network_descriptions, networks;
