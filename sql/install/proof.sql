-- As-of is claimed only while each mirrored table is proven to be what MentorHub's is. A table is
-- proven by comparing it (workers/comparison.py); the proof holds as long as all is as it was then:
-- our server has not been started, nobody but replication has written into the mirror, and
-- MentorHub's end (sql/source/witness.sql) is the same connection, publication and table. Whatever
-- happens to either side in between, a copy put back, a slot moved, a table swapped, changes one of
-- these.
CREATE FUNCTION control.theirs(mirrored text) RETURNS text
STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT coalesce(
        (
            SELECT relname
            FROM pg_inherits INNER JOIN pg_class ON pg_class.oid = inhparent
            WHERE inhrelid = format('public.%I', mirrored)::regclass
        ),
        mirrored
    );
END;
COMMENT ON FUNCTION control.theirs(text) IS 'MentorHub''s name of a mirrored table. Where it is not ours, it is here as well: ours is the only partition.';

CREATE TABLE control.proof (
    mirrored     text PRIMARY KEY,
    there        text,
    started      timestamptz,
    subscription oid,
    edits        bigint
);
INSERT INTO control.proof (mirrored)
SELECT name FROM control.mirrored;
COMMENT ON TABLE control.proof IS 'What either side was when a mirrored table was last shown to be equal to MentorHub''s; NULL when that is not known any more.';
COMMENT ON COLUMN control.proof.mirrored IS 'The table in schema public.';
COMMENT ON COLUMN control.proof.there IS 'The witness of MentorHub''s side.';
COMMENT ON COLUMN control.proof.started IS 'When our server was started: after a start, its data may be an older copy.';
COMMENT ON COLUMN control.proof.subscription IS 'Which subscription brought the changes: another one may have missed some.';
COMMENT ON COLUMN control.proof.edits IS 'Where public.edit stood.';

CREATE FUNCTION control.is_replicated() RETURNS boolean
VOLATILE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- without a subscription, but with a source, it is about to be resynchronised
    SELECT
        EXISTS (SELECT FROM control.source)
        OR EXISTS (
            SELECT
            FROM pg_subscription
            WHERE
                subname = 'mentorhub_analytics'
                AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        );
END;
COMMENT ON FUNCTION control.is_replicated() IS 'Whether the mirror follows a MentorHub; tests write into it by themselves.';

CREATE VIEW control.here AS
SELECT
    pg_postmaster_start_time() AS started,
    subscription.oid AS subscription,
    subscription.subskiplsn <> '0/0' AS skips,
    (SELECT last_value FROM public.edit) AS edits
FROM
    (SELECT) AS one
    LEFT JOIN pg_subscription AS subscription ON
        subscription.subname = 'mentorhub_analytics'
        AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database());
COMMENT ON VIEW control.here IS 'What our side is now, as far as a proof depends on it; one row.';

-- Inlined and not asked of functions: the API reads this through views, and a view's functions are
-- called as whoever reads. A replica is what its primary was, which started at another time.
CREATE VIEW control.trust AS
SELECT
    proof.mirrored,
    coalesce(
        pg_is_in_recovery() AND proof.there IS NOT NULL
        OR (
            (proof.started, proof.subscription, proof.edits) = (here.started, here.subscription, here.edits)
            AND NOT here.skips
        )
        OR here.subscription IS NULL AND NOT EXISTS (SELECT FROM control.source),
        false
    ) AS is_proven
FROM control.proof CROSS JOIN control.here
WHERE
    NOT EXISTS (
        SELECT
        FROM public.missing_column
        WHERE missing_column.mirrored = proof.mirrored AND missing_column.name = 'id'
    );
COMMENT ON VIEW control.trust IS 'Which mirrored tables are proven, as far as our side knows; all where nothing is replicated. Those that MentorHub doesn''t have are none.';

CREATE FUNCTION control.is_proven(there jsonb DEFAULT NULL) RETURNS boolean
VOLATILE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT bool_and(
        trust.is_proven
        AND (is_proven.there IS NULL OR coalesce(proof.there = is_proven.there ->> control.theirs(proof.mirrored), false))
    )
    FROM control.proof INNER JOIN control.trust USING (mirrored);
END;
COMMENT ON FUNCTION control.is_proven(jsonb) IS 'Whether the mirror is proven to be MentorHub''s tables: by what our side knows, and by what MentorHub''s is now, if that is given.';

CREATE FUNCTION control.may_fold(as_of timestamptz) RETURNS boolean
VOLATILE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- where no moment is known, MentorHub may just have said why: rows under another label, or of
    -- another table, beside those of before
    SELECT control.is_proven(CASE WHEN may_fold.as_of IS NULL THEN question.there END)
    FROM control.question;
END;
COMMENT ON FUNCTION control.may_fold(timestamptz) IS 'Whether answers may follow the mirror: it is proven, and where nothing is known to be right as of any moment, MentorHub''s last answer doesn''t contradict that.';

CREATE FUNCTION control.retract(there jsonb) RETURNS text
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reason text;
BEGIN
    SELECT
        CASE
            WHEN bool_or(proof.started <> here.started) THEN 'our server was started'
            WHEN bool_or(proof.subscription IS DISTINCT FROM here.subscription) THEN 'replication was begun anew'
            WHEN bool_or(here.skips) THEN 'a transaction is to be skipped'
            WHEN bool_or(proof.edits <> here.edits) THEN 'somebody wrote into the mirror'
            WHEN count(*) = (SELECT count(*) FROM control.trust) THEN 'replication was connected anew'
            ELSE format('at MentorHub there is another %s', string_agg(proof.mirrored, ', '))
        END
    INTO STRICT reason
    FROM
        control.proof
        INNER JOIN control.trust USING (mirrored)
        CROSS JOIN control.here
    WHERE proof.there IS NOT NULL AND NOT (trust.is_proven AND coalesce(proof.there = retract.there ->> control.theirs(proof.mirrored), false));

    UPDATE control.proof
    SET there = NULL, started = NULL, subscription = NULL, edits = NULL
    FROM control.trust
    WHERE
        trust.mirrored = proof.mirrored
        AND proof.there IS NOT NULL
        AND NOT (trust.is_proven AND coalesce(proof.there = retract.there ->> control.theirs(proof.mirrored), false));
    RETURN CASE WHEN FOUND THEN reason END;
END
$$;
COMMENT ON FUNCTION control.retract(jsonb) IS 'Forgets the proofs that do not hold any more, and says why; NULL where there are none.';

-- The API keeps accounts in memory, and the relay waits for a reason to fold.
CREATE FUNCTION control.tell_proven() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('mentorhub_analytics_accounts', '');
    PERFORM pg_notify('mentorhub_analytics', 'users');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION control.tell_proven() IS 'Says that what may be relied on is something else now.';
CREATE TRIGGER tell_proven AFTER UPDATE ON control.proof
FOR EACH STATEMENT EXECUTE FUNCTION control.tell_proven();
ALTER TABLE control.proof ENABLE ALWAYS TRIGGER tell_proven;
