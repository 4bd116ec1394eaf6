-- migrate:up
-- What will become of a network, and from which day; kept when it is done, so that no file is carried out twice.
CREATE TABLE network_changes (
    id uuid PRIMARY KEY,
    network_id uuid NOT NULL REFERENCES networks (id),
    what text NOT NULL CHECK (what IN ('rename', 'move', 'closure')),
    day date NOT NULL,
    name text,
    parent_id uuid REFERENCES networks (id),
    successor_id uuid REFERENCES networks (id),
    from_file boolean NOT NULL,
    planned_by uuid,
    planned_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'applied', 'cancelled', 'replaced', 'failed')),
    settled_by uuid,
    settled_at timestamptz,
    why text,
    CONSTRAINT network_changes_settled CHECK ((state = 'pending') = (settled_at IS NULL)),
    CONSTRAINT network_changes_name CHECK ((what = 'rename') = (name IS NOT NULL)),
    CONSTRAINT network_changes_parent CHECK ((what = 'move') = (parent_id IS NOT NULL)),
    CONSTRAINT network_changes_successor CHECK (successor_id IS NULL OR what = 'closure')
);
COMMENT ON TABLE network_changes IS
    'tags: id=none network_id=none what=none day=none name=content parent_id=none successor_id=none from_file=none planned_by=pseudonym planned_at=none state=none settled_by=pseudonym settled_at=none why=none';
COMMENT ON COLUMN network_changes.day IS 'the first day of the new name or place; of a closure, the last day that counts';
CREATE UNIQUE INDEX network_changes_one_pending ON network_changes (network_id, what) WHERE state = 'pending';
CREATE INDEX network_changes_in_order ON network_changes (day, id);
CREATE INDEX network_changes_due ON network_changes (day, id) WHERE state = 'pending';

-- The trusts that a group was founded for.
CREATE TABLE group_trusts (
    network_id uuid NOT NULL REFERENCES networks (id),
    trust_id uuid NOT NULL REFERENCES networks (id),
    PRIMARY KEY (network_id, trust_id)
);
COMMENT ON TABLE group_trusts IS 'tags: network_id=none trust_id=none';

-- migrate:down
DROP TABLE group_trusts, network_changes;
