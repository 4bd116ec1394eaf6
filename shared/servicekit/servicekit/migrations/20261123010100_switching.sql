-- migrate:up

-- How far each partition is applied, written with what is applied: Kafka's own offsets come after, and may be behind.
CREATE TABLE servicekit.positions (
    consumer text NOT NULL,
    epoch integer NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (consumer, epoch, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE servicekit.positions IS 'tags: consumer=none epoch=none topic=none partition=none next_offset=none';

-- A rebuild reads without a group, so the name of the consumer's group stays when the epoch rises.
ALTER TABLE servicekit.projections ADD COLUMN group_number integer NOT NULL DEFAULT 1;
UPDATE servicekit.projections SET group_number = epoch;
COMMENT ON TABLE servicekit.projections IS 'tags: name=none active=none epoch=none group_number=none';

-- After a switch half of what waits may have been done already: only the other half is done when it is replayed.
ALTER TABLE servicekit.parked
    ADD COLUMN projected boolean NOT NULL DEFAULT false,
    ADD COLUMN told boolean NOT NULL DEFAULT false;
COMMENT ON TABLE servicekit.parked IS
    'tags: id=none consumer=none subject=pseudonym topic=none partition=none record_offset=none key=pseudonym signal_id=none value=pseudonym cause=none parked_at=none projected=none told=none';

-- What a rebuild could not apply: no wait for anybody until the switch, when it joins the others.
CREATE TABLE servicekit.parked_anew (LIKE servicekit.parked INCLUDING ALL);
COMMENT ON TABLE servicekit.parked_anew IS
    'tags: id=none consumer=none subject=pseudonym topic=none partition=none record_offset=none key=pseudonym signal_id=none value=pseudonym cause=none parked_at=none projected=none told=none';

-- Who let go of what, and why; a rebuild leaves these out.
CREATE TABLE servicekit.discarded (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer text NOT NULL,
    subject text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    signal_id uuid,
    cause text NOT NULL,
    parked_at timestamptz NOT NULL,
    discarded_at timestamptz NOT NULL,
    discarded_by text NOT NULL,
    because text NOT NULL,
    UNIQUE (consumer, topic, partition, record_offset)
);
COMMENT ON TABLE servicekit.discarded IS
    'tags: id=none consumer=none subject=pseudonym topic=none partition=none record_offset=none signal_id=none cause=none parked_at=none discarded_at=none discarded_by=personal because=personal';

-- The wall of an epoch: every batch shares it, a switch takes it alone, and so stops all of them between two batches.
CREATE FUNCTION servicekit.share_epoch(projection text) RETURNS void LANGUAGE sql VOLATILE AS $$
    SELECT pg_advisory_xact_lock_shared(1701998435, hashtext(projection))
$$;

CREATE FUNCTION servicekit.take_epoch(projection text) RETURNS void LANGUAGE sql VOLATILE AS $$
    SELECT pg_advisory_xact_lock(1701998435, hashtext(projection))
$$;

-- What every batch says first; returns the epoch that is on. Where that is another one, nothing was done.
-- Each statement of a volatile function sees what committed before it: the lock first, then the epoch.
CREATE FUNCTION servicekit.begin_batch(
    consumer_ text, projection_ text, epoch_ integer, schemas text, topic_ text, partition_ integer, next_offset_ bigint
) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    epoch_now integer;
BEGIN
    IF schemas IS NULL THEN
        PERFORM servicekit.share_epoch(projection_);
        SELECT p.epoch INTO epoch_now FROM servicekit.projections p WHERE p.name = projection_;
        IF epoch_now <> epoch_ THEN
            RETURN epoch_now;
        END IF;
    END IF;
    PERFORM servicekit.enter('', '', '{}', schemas, 'worker');
    INSERT INTO servicekit.positions AS held (consumer, epoch, topic, partition, next_offset)
    VALUES (consumer_, epoch_, topic_, partition_, next_offset_)
        ON CONFLICT (consumer, epoch, topic, partition) DO UPDATE SET next_offset = excluded.next_offset
     WHERE held.next_offset < excluded.next_offset;
    RETURN epoch_;
END
$$;

-- migrate:down
DROP FUNCTION servicekit.begin_batch(text, text, integer, text, text, integer, bigint);
DROP FUNCTION servicekit.take_epoch(text);
DROP FUNCTION servicekit.share_epoch(text);
DROP TABLE servicekit.discarded;
DROP TABLE servicekit.parked_anew;
ALTER TABLE servicekit.parked DROP COLUMN projected, DROP COLUMN told;
COMMENT ON TABLE servicekit.parked IS
    'tags: id=none consumer=none subject=pseudonym topic=none partition=none record_offset=none key=pseudonym signal_id=none value=pseudonym cause=none parked_at=none';
ALTER TABLE servicekit.projections DROP COLUMN group_number;
COMMENT ON TABLE servicekit.projections IS 'tags: name=none active=none epoch=none';
DROP TABLE servicekit.positions;
