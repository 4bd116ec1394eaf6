-- migrate:up

-- The broker that holds what this database has sent: offsets, and what is marked as sent, mean something there alone.
CREATE TABLE servicekit.broker (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    cluster_id text NOT NULL,
    since timestamptz NOT NULL
);
COMMENT ON TABLE servicekit.broker IS 'tags: one=none cluster_id=none since=none';

-- On while the ledger is being made ready to be sent again; the relay waits, so that the order of a key stays.
INSERT INTO servicekit.switches (name, is_on) VALUES ('republishing', false);

-- What was let go of is known by its signal: it has another offset on another broker.
CREATE INDEX discarded_signals ON servicekit.discarded (consumer, signal_id);

-- Offsets of a broker that is lost come before all of its successor's, in the order that they had. What was parked
-- without its bytes could be found there alone: it is let go of, and comes anew.
CREATE FUNCTION servicekit.forget_offsets() RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    before CONSTANT bigint := 1::bigint << 52;
BEGIN
    PERFORM servicekit.take_epoch(p.name) FROM (SELECT name FROM servicekit.projections ORDER BY name) p;
    DELETE FROM servicekit.positions;
    DELETE FROM servicekit.parked_anew;
    WITH gone AS (DELETE FROM servicekit.parked WHERE value IS NULL RETURNING consumer, signal_id)
    DELETE FROM servicekit.inbox i USING gone WHERE i.consumer = gone.consumer AND i.signal_id = gone.signal_id;
    UPDATE servicekit.parked SET record_offset = record_offset - before;
    UPDATE servicekit.discarded SET record_offset = record_offset - before;
END
$$;

-- migrate:down
DROP FUNCTION servicekit.forget_offsets();
DROP INDEX servicekit.discarded_signals;
DELETE FROM servicekit.switches WHERE name = 'republishing';
DROP TABLE servicekit.broker;
