-- As of when answers are right: what MentorHub answered, and how far its WAL is applied.
CREATE TABLE control.question (
    asked_at  timestamptz,
    clock     timestamptz,
    upto      pg_lsn,
    there     jsonb,
    confirmed timestamptz
);
CREATE UNIQUE INDEX question_is_one_row ON control.question ((true));
INSERT INTO control.question DEFAULT VALUES;
COMMENT ON TABLE control.question IS 'The last question that folds asked MentorHub; one row.';
COMMENT ON COLUMN control.question.asked_at IS 'When it was answered or failed, by our clock.';
COMMENT ON COLUMN control.question.clock IS 'MentorHub''s clock in the answer; NULL when there was none.';
COMMENT ON COLUMN control.question.upto IS 'The position of its WAL in the answer; NULL as soon as that is applied.';
COMMENT ON COLUMN control.question.there IS 'MentorHub''s witness in the answer, which the proofs are held against.';
COMMENT ON COLUMN control.question.confirmed IS 'MentorHub''s clock at the last position that was applied.';

CREATE FUNCTION control.confirmed_until() RETURNS timestamptz
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known control.question;
    pause interval;
BEGIN
    SELECT * INTO known FROM control.question FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        -- another session is asking at this moment
        SELECT * INTO STRICT known FROM control.question;
    ELSE
        IF known.asked_at > clock_timestamp() THEN
            -- our clock was set back: what was measured with it says nothing
            known := NULL;
        ELSIF control.applied(known.upto) THEN
            known.confirmed := known.clock;
            known.upto := NULL;
        END IF;
        pause := CASE WHEN known.clock IS NULL THEN interval '2 s' ELSE interval '200 ms' END;
        IF known.upto IS NULL AND coalesce(known.asked_at < clock_timestamp() - pause, true) THEN
            SELECT asked.clock, asked.there, asked.upto
            INTO known.clock, known.there, known.upto
            FROM control.ask() AS asked;
            known.asked_at := clock_timestamp();
        END IF;
        UPDATE control.question
        SET
            asked_at = known.asked_at,
            clock = known.clock,
            there = known.there,
            upto = known.upto,
            confirmed = known.confirmed
        WHERE (question.asked_at, question.upto) IS DISTINCT FROM (known.asked_at, known.upto);
    END IF;
    RETURN CASE
        WHEN known.clock IS NULL THEN NULL
        WHEN known.upto IS NOT NULL AND known.asked_at < clock_timestamp() - interval '5 s' THEN NULL
        WHEN control.is_proven(known.there) THEN known.confirmed
    END;
END
$$;
COMMENT ON FUNCTION control.confirmed_until() IS 'What the last question has confirmed; asks the next one when its time has come, 200 ms after the last, and waits for nothing but its answer.';

CREATE FUNCTION control.caught_up(INOUT looks_left integer, OUT clock timestamptz, OUT there jsonb)
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked record;
BEGIN
    SELECT * INTO STRICT asked FROM control.ask();
    WHILE asked.upto IS NOT NULL AND looks_left > 0 LOOP
        looks_left := looks_left - 1;
        IF control.applied(asked.upto) THEN
            clock := asked.clock;
            there := asked.there;
            RETURN;
        END IF;
        PERFORM pg_sleep(0.02);
    END LOOP;
END
$$;
COMMENT ON FUNCTION control.caught_up(integer) IS 'Waits until the mirror has what MentorHub had committed before the call: for so many looks of 20 ms, counted as a clock may be set back. MentorHub''s clock and witness then; NULL when it took longer, or MentorHub does not answer.';

CREATE FUNCTION control.replicated_until(patience interval DEFAULT '5 s') RETURNS timestamptz
VOLATILE LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    looks_left integer := ceil(extract(EPOCH FROM patience) / 0.02);
    reached    record;
BEGIN
    IF NOT control.is_replicated() THEN
        RETURN now();
    END IF;
    IF looks_left <= 0 THEN
        RETURN control.confirmed_until();
    END IF;
    LOOP
        SELECT * INTO STRICT reached FROM control.caught_up(looks_left);
        IF reached.clock IS NULL OR control.is_proven(reached.there) THEN
            RETURN reached.clock;
        END IF;
        -- a comparison may be under way
        looks_left := reached.looks_left - 10;
        EXIT WHEN looks_left <= 0;
        PERFORM pg_sleep(0.2);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION control.replicated_until(interval) IS 'A time of MentorHub''s clock, and not after ours, up to which every commit is in the mirror for whoever looks after this call. With patience, everything committed before the call is waited for; without, it is the newest time known. NULL while replication is behind or down, or the mirror is not proven; now where nothing is replicated. To be called outside of a transaction.';
