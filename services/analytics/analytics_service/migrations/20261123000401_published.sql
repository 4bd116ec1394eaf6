-- migrate:up
-- What has left its scope stays as it left: none of this is rebuilt, and none of it tells of a person.

-- The row that is locked while figures of a network or an event are published; `version` is the last signal's.
CREATE TABLE published_subjects (
    id uuid PRIMARY KEY,
    version integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE published_subjects IS 'tags: id=none version=none';

CREATE TABLE snapshot_requests (
    network_id uuid NOT NULL,
    day date NOT NULL,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (network_id, day)
);
COMMENT ON TABLE snapshot_requests IS 'tags: network_id=none day=none asked_at=none';

CREATE TABLE snapshots (
    network_id uuid NOT NULL,
    day date NOT NULL,
    cell text NOT NULL,
    taken_at timestamptz NOT NULL,
    networks integer NOT NULL,
    events integer NOT NULL,
    PRIMARY KEY (network_id, day)
);
COMMENT ON TABLE snapshots IS
    'tags: network_id=none day=none cell=none taken_at=none networks=none events=none';

-- A figure that is NULL is suppressed. `directly` counts those who belong to the network itself.
CREATE TABLE published_members (
    network_id uuid NOT NULL,
    day date NOT NULL,
    parent_id uuid,
    members integer,
    directly integer,
    trusts integer NOT NULL,
    trusts_with_members integer NOT NULL,
    PRIMARY KEY (network_id, day),
    CONSTRAINT members_are_rounded CHECK (members % 5 = 0 AND directly % 5 = 0)
);
COMMENT ON TABLE published_members IS
    'tags: network_id=none day=none parent_id=none members=none directly=none trusts=none trusts_with_members=none';
CREATE INDEX published_members_by_parent ON published_members (parent_id, day);

-- part: everybody ('all'), the people of one of the event's own networks, or all others ('elsewhere').
CREATE TABLE published_funnels (
    event_id uuid NOT NULL,
    day date NOT NULL,
    part text NOT NULL CHECK (part IN ('all', 'network', 'elsewhere')),
    network_id uuid,
    eligible integer,
    told integer,
    registered integer,
    waited integer,
    attended integer,
    CONSTRAINT each_part_once UNIQUE NULLS NOT DISTINCT (event_id, day, part, network_id),
    CONSTRAINT a_network_has_its_id CHECK ((part = 'network') = (network_id IS NOT NULL)),
    CONSTRAINT funnels_are_rounded
        CHECK (eligible % 5 = 0 AND told % 5 = 0 AND registered % 5 = 0 AND waited % 5 = 0 AND attended % 5 = 0)
);
COMMENT ON TABLE published_funnels IS
    'tags: event_id=none day=none part=none network_id=none eligible=none told=none registered=none waited=none attended=none';

-- migrate:down
DROP TABLE published_funnels, published_members, snapshots, snapshot_requests, published_subjects;
