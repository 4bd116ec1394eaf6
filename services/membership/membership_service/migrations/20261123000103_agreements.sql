-- migrate:up
CREATE TABLE agreements (
    id uuid PRIMARY KEY,
    network_id uuid NOT NULL REFERENCES networks (id),
    body text NOT NULL,
    client_id text NOT NULL,
    issuer text NOT NULL,
    purpose text NOT NULL,
    networks uuid[] NOT NULL,
    fields jsonb NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    ended boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT agreements_days CHECK (ended OR ends_on >= starts_on)
);
COMMENT ON TABLE agreements IS
    'tags: id=none network_id=none body=content client_id=none issuer=none purpose=content networks=none fields=none starts_on=none ends_on=none ended=none version=none';
CREATE INDEX agreements_network ON agreements (network_id, id);

-- migrate:down
DROP TABLE agreements;
