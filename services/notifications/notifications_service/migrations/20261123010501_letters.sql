-- migrate:up
-- How a network's mails look and begin: every version that ever was, of the networks of all cells that are read here.
CREATE TABLE templates (
    network_id uuid NOT NULL,
    version integer NOT NULL,
    sender_name text NOT NULL,
    banner text NOT NULL,
    colour text NOT NULL,
    text_colour text NOT NULL,
    subject_prefix text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (network_id, version)
);
COMMENT ON TABLE templates IS
    'tags: network_id=none version=none sender_name=content banner=content colour=content text_colour=content subject_prefix=content before=content after=content changed_at=none';

-- Mails without their personal parts, by their own hash: many people's mails share one, and it never changes.
CREATE TABLE moulds (
    id text PRIMARY KEY,
    template_network_id uuid,
    template_version integer,
    heads bytea NOT NULL,
    text text[] NOT NULL,
    html text[] NOT NULL,
    made_at timestamptz NOT NULL
);
COMMENT ON TABLE moulds IS
    'tags: id=none template_network_id=none template_version=none heads=content text=content html=content made_at=none';

-- What each mail was made of, written down before it leaves: mould and personal parts give it back byte for byte.
CREATE TABLE letters (
    notification_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    mould text NOT NULL REFERENCES moulds (id),
    facts text NOT NULL,
    address text NOT NULL,
    written_at timestamptz NOT NULL
);
COMMENT ON TABLE letters IS
    'tags: notification_id=pseudonym person_id=pseudonym mould=none facts=personal address=pseudonym written_at=none';
CREATE INDEX letters_by_address ON letters (address);
ALTER TABLE letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE letters FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON letters TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON letters TO guildhall_worker USING (true) WITH CHECK (true);

-- What came back, each file once, by the hash of its bytes; nothing of its text is kept.
CREATE TABLE bounces (
    digest text NOT NULL,
    place integer NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('hard', 'soft', 'complaint', 'vacation', 'delayed', 'not-a-bounce')),
    reason text NOT NULL,
    code text NOT NULL,
    matched text NOT NULL CHECK (matched IN ('mail', 'address', 'nothing')),
    notification_id uuid,
    person_id uuid,
    address text,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (digest, place)
);
COMMENT ON TABLE bounces IS
    'tags: digest=none place=none verdict=none reason=none code=none matched=none notification_id=pseudonym person_id=pseudonym address=pseudonym read_at=none';
CREATE INDEX bounces_by_address ON bounces (person_id, address, read_at) WHERE matched = 'mail';
ALTER TABLE bounces ENABLE ROW LEVEL SECURITY;
ALTER TABLE bounces FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON bounces TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON bounces TO guildhall_worker USING (true) WITH CHECK (true);

-- migrate:down
DROP TABLE bounces, letters, moulds, templates;
