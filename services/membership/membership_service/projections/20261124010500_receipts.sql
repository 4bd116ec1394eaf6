-- migrate:up
-- Which services have answered an erasure, for which cell: copies of what they tell.
CREATE TABLE erasure_receipts (
    erasure_id uuid NOT NULL,
    service text NOT NULL,
    cell text NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (erasure_id, service, cell)
);
COMMENT ON TABLE erasure_receipts IS 'tags: erasure_id=none service=none cell=none version=none at=none';

-- migrate:down
DROP TABLE erasure_receipts;
