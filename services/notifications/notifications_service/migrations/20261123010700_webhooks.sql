-- migrate:up
-- An item can be proved (the hash of what was appended), and one about a person can be taken back: it keeps its
-- position and its hash. Without its salt, which goes with the data, the hash gives nothing away.
ALTER TABLE stream_items
    ADD COLUMN sha256 text,
    ADD COLUMN salt text NOT NULL DEFAULT '',
    ADD COLUMN person_id uuid,
    ADD COLUMN redacted_at timestamptz;
COMMENT ON TABLE stream_items IS
    'tags: agreement_id=none position=none signal_id=none type=none time=none network=none data=pseudonym appended_at=none sha256=none salt=none person_id=pseudonym redacted_at=none';
CREATE INDEX stream_items_about ON stream_items (person_id) WHERE person_id IS NOT NULL;
ALTER TABLE stream_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE stream_items FORCE ROW LEVEL SECURITY;
-- Only of the agreement that this transaction has found to be the caller's own.
CREATE POLICY of_the_agreement ON stream_items TO guildhall_api USING (agreement_id = servicekit.admitted());
CREATE POLICY worker ON stream_items TO guildhall_worker USING (true) WITH CHECK (true);

-- Where a partner's stream is pushed to. `owner` is the client's identity, as every transaction says it.
CREATE TABLE webhook_subscriptions (
    id uuid PRIMARY KEY,
    agreement_id uuid NOT NULL,
    cell text NOT NULL,
    owner text NOT NULL,
    url text NOT NULL,
    types text[] NOT NULL,
    networks uuid[] NOT NULL,
    sectors text[] NOT NULL,
    organisations text[] NOT NULL,
    fingerprint text NOT NULL,
    contact_email text NOT NULL,
    ends_on date,
    state text NOT NULL CHECK (state IN ('active', 'paused', 'disabled', 'ended')),
    disabled_because text,
    failing_since timestamptz,
    last_failure text,
    last_success_at timestamptz,
    resume_at timestamptz,
    warned_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT one_like_it UNIQUE (agreement_id, fingerprint),
    CONSTRAINT disabled_for_a_reason CHECK ((state = 'disabled') = (disabled_because IS NOT NULL))
);
COMMENT ON TABLE webhook_subscriptions IS
    'tags: id=none agreement_id=none cell=none owner=pseudonym url=none types=none networks=none sectors=none organisations=none fingerprint=none contact_email=personal ends_on=none state=none disabled_because=none failing_since=none last_failure=none last_success_at=none resume_at=none warned_at=none version=none created_at=none';
ALTER TABLE webhook_subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_subscriptions FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON webhook_subscriptions TO guildhall_api
    USING (owner = nullif(current_setting('guildhall.identity', true), ''));
CREATE POLICY worker ON webhook_subscriptions TO guildhall_worker USING (true) WITH CHECK (true);

-- What signs: sealed under the key that `key_id` names. One without an end, and while it is rotated another with one.
CREATE TABLE webhook_secrets (
    id uuid PRIMARY KEY,
    subscription_id uuid NOT NULL REFERENCES webhook_subscriptions ON DELETE CASCADE,
    key_id text NOT NULL,
    sealed bytea NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz
);
COMMENT ON TABLE webhook_secrets IS
    'tags: id=none subscription_id=none key_id=none sealed=none made_at=none expires_at=none';
CREATE INDEX webhook_secrets_of ON webhook_secrets (subscription_id);
ALTER TABLE webhook_secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON webhook_secrets TO guildhall_api
    USING (EXISTS (SELECT FROM webhook_subscriptions s WHERE s.id = subscription_id));
CREATE POLICY worker ON webhook_secrets TO guildhall_worker USING (true) WITH CHECK (true);

-- The queue and the log in one: an item of the stream on its way to one subscription. No position: a test.
-- `attempts` counts since it was queued last, `tries` since ever.
CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    subscription_id uuid NOT NULL REFERENCES webhook_subscriptions ON DELETE CASCADE,
    webhook_id text NOT NULL,
    position bigint,
    type text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'delivered', 'missed', 'withheld')),
    attempts integer NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    claim uuid,
    settled_at timestamptz,
    CONSTRAINT once_each UNIQUE (subscription_id, position)
) WITH (fillfactor = 80);
COMMENT ON TABLE webhook_deliveries IS
    'tags: id=none subscription_id=none webhook_id=none position=none type=none state=none attempts=none tries=none created_at=none next_attempt_at=none claim=none settled_at=none';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (subscription_id, next_attempt_at) WHERE state = 'queued';
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (subscription_id, created_at, id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON webhook_deliveries TO guildhall_api
    USING (EXISTS (SELECT FROM webhook_subscriptions s WHERE s.id = subscription_id));
CREATE POLICY worker ON webhook_deliveries TO guildhall_worker USING (true) WITH CHECK (true);

-- Each try with what was answered: a partner's own words, which may be about anybody.
CREATE TABLE webhook_attempts (
    delivery_id uuid NOT NULL REFERENCES webhook_deliveries ON DELETE CASCADE,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    milliseconds integer NOT NULL,
    status integer,
    answer text,
    failure text,
    PRIMARY KEY (delivery_id, number)
);
COMMENT ON TABLE webhook_attempts IS
    'tags: delivery_id=none number=none at=none milliseconds=none status=none answer=personal failure=none';
ALTER TABLE webhook_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_attempts FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON webhook_attempts TO guildhall_api
    USING (EXISTS (SELECT FROM webhook_deliveries d WHERE d.id = delivery_id));
CREATE POLICY worker ON webhook_attempts TO guildhall_worker USING (true) WITH CHECK (true);

-- Mail about the running of a subscription: to an address that a partner gave, or to a person by their id, whose
-- address is looked up when it is sent.
CREATE TABLE operational_mails (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    cause text NOT NULL,
    address text,
    person_id uuid,
    subject text NOT NULL,
    body text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    claim uuid,
    sent_at timestamptz,
    failure text,
    CONSTRAINT to_one_of_both CHECK ((address IS NULL) <> (person_id IS NULL)),
    CONSTRAINT once_to_an_address UNIQUE (cause, address),
    CONSTRAINT once_to_a_person UNIQUE (cause, person_id)
);
COMMENT ON TABLE operational_mails IS
    'tags: id=none cause=none address=personal person_id=pseudonym subject=content body=content state=none attempts=none created_at=none next_attempt_at=none claim=none sent_at=none failure=none';
CREATE INDEX operational_mails_due ON operational_mails (next_attempt_at) WHERE state = 'queued';
ALTER TABLE operational_mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE operational_mails FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON operational_mails TO guildhall_api USING (person_id = servicekit.caller());
CREATE POLICY worker ON operational_mails TO guildhall_worker USING (true) WITH CHECK (true);

-- What a stream held, day by day and signed: each goes on where the one before ended.
CREATE TABLE stream_manifests (
    agreement_id uuid NOT NULL,
    day date NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    count bigint NOT NULL,
    digest text NOT NULL,
    signed text NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (agreement_id, day),
    CONSTRAINT no_hole CHECK (count = last - first + 1)
);
COMMENT ON TABLE stream_manifests IS
    'tags: agreement_id=none day=none first=none last=none count=none digest=none signed=none made_at=none';
CREATE INDEX stream_manifests_by_age ON stream_manifests (made_at);

-- migrate:down
DROP TABLE stream_manifests, operational_mails, webhook_attempts, webhook_deliveries, webhook_secrets,
           webhook_subscriptions;
DROP POLICY worker ON stream_items;
DROP POLICY of_the_agreement ON stream_items;
ALTER TABLE stream_items NO FORCE ROW LEVEL SECURITY;
ALTER TABLE stream_items DISABLE ROW LEVEL SECURITY;
DROP INDEX stream_items_about;
ALTER TABLE stream_items DROP COLUMN redacted_at, DROP COLUMN person_id, DROP COLUMN salt, DROP COLUMN sha256;
COMMENT ON TABLE stream_items IS
    'tags: agreement_id=none position=none signal_id=none type=none time=none network=none data=content appended_at=none';
