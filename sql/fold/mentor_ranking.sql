CREATE VIEW slice.changed_mentor AS
SELECT mentor_id
FROM change.sessions
WHERE
    mentor_id IS NOT NULL
    AND day >= (SELECT analytics.today() - 364)
    AND day <= (SELECT analytics.today())
GROUP BY mentor_id, day
HAVING sum(w) <> 0
UNION
-- whose sessions were dated ahead, to a day that has come since the last fold
SELECT mentor_id
FROM source.sessions
WHERE
    mentor_id IS NOT NULL
    AND day > (SELECT max(day) FROM analytics.freshness)
    AND day <= (SELECT analytics.today())
    -- a few days of a small table tell that there are none, as usual
    AND (
        SELECT count(*)
        FROM analytics.session_day
        WHERE day > (SELECT max(day) FROM analytics.freshness) AND day <= (SELECT analytics.today())
    ) > 0;

COMMENT ON VIEW slice.changed_mentor IS 'Mentors whose number of sessions on some day of a window is pending.';

CREATE VIEW slice.sessions AS
SELECT theirs.*
FROM
    slice.changed_mentor
    CROSS JOIN LATERAL (
        SELECT *
        FROM source.sessions
        WHERE sessions.mentor_id = changed_mentor.mentor_id
        -- keeps the planner from reading every session for a few mentors
        OFFSET 0
    ) AS theirs;

COMMENT ON VIEW slice.sessions IS 'Every session of theirs, so that slice.mentor_ranking counts them alone.';

-- Of joins that a plan kept from an empty table may choose, a hash join is linear for any number.
CREATE FUNCTION control.fold_mentor_ranking() RETURNS bigint
LANGUAGE plpgsql
SET enable_nestloop = off SET enable_seqscan = off
AS $$
DECLARE
    changed  bigint;
    is_short boolean;
BEGIN
    DELETE FROM analytics.mentor_ranking WHERE from_day < (SELECT analytics.today() - 364);

    -- Who is not in a window's list has no more sessions in it than the last who is: that bar keeps
    -- the list right without a look at the others, until fewer than ten reach it. A list of fewer
    -- than ten names everybody.
    WITH
    changed_mentor AS MATERIALIZED (
        SELECT mentor_id FROM slice.changed_mentor
    ),

    counted AS MATERIALIZED (
        SELECT * FROM slice.mentor_ranking
    ),

    bar AS MATERIALIZED (
        SELECT last_place.*
        FROM
            generate_series(0, 364) AS ago
            CROSS JOIN LATERAL (
                SELECT
                    from_day,
                    sessions,
                    mentor_id
                FROM analytics.mentor_ranking
                WHERE from_day = (SELECT analytics.today()) - ago AND place >= 10
                ORDER BY place DESC
                LIMIT 1
            ) AS last_place
    ),

    touched AS MATERIALIZED (
        SELECT from_day
        FROM analytics.mentor_ranking
        WHERE mentor_id IN (SELECT mentor_id FROM changed_mentor)
        UNION
        SELECT counted.from_day
        FROM counted LEFT JOIN bar USING (from_day)
        WHERE bar.from_day IS NULL OR (counted.sessions, - counted.mentor_id) >= (bar.sessions, - bar.mentor_id)
    ),

    -- `stood`: at which place it is stored already, with the same sessions
    candidate AS (
        SELECT
            from_day,
            mentor_id,
            sessions,
            place AS stood
        FROM analytics.mentor_ranking
        WHERE
            from_day IN (SELECT from_day FROM touched)
            AND mentor_id NOT IN (SELECT mentor_id FROM changed_mentor)
        UNION ALL
        SELECT
            from_day,
            mentor_id,
            sessions,
            stored.place AS stood
        FROM counted LEFT JOIN analytics.mentor_ranking AS stored USING (from_day, mentor_id, sessions)
        WHERE from_day IN (SELECT from_day FROM touched)
    ),

    placed AS MATERIALIZED (
        SELECT
            from_day,
            row_number() OVER (PARTITION BY from_day ORDER BY candidate.sessions DESC, candidate.mentor_id) AS place,
            candidate.mentor_id,
            candidate.sessions,
            candidate.stood
        FROM candidate LEFT JOIN bar USING (from_day)
        WHERE bar.from_day IS NULL OR (candidate.sessions, - candidate.mentor_id) >= (bar.sessions, - bar.mentor_id)
    ),

    known AS MATERIALIZED (
        SELECT
            from_day,
            count(placed.place) AS places
        FROM touched LEFT JOIN placed USING (from_day)
        GROUP BY from_day
    ),

    written AS (
        INSERT INTO analytics.mentor_ranking (from_day, place, mentor_id, sessions)
        SELECT
            from_day,
            place,
            mentor_id,
            sessions
        FROM placed
        WHERE place <= 20 AND place IS DISTINCT FROM stood
        ON CONFLICT (from_day, place) DO UPDATE
            SET mentor_id = excluded.mentor_id, sessions = excluded.sessions
        RETURNING from_day
    ),

    removed AS (
        DELETE FROM analytics.mentor_ranking AS stored
        USING known
        WHERE stored.from_day = known.from_day AND stored.place > known.places
        RETURNING stored.from_day
    )

    SELECT
        (SELECT count(*) FROM written) + (SELECT count(*) FROM removed),
        EXISTS (SELECT FROM bar INNER JOIN known USING (from_day) WHERE known.places < 10)
    INTO changed, is_short;

    IF is_short THEN
        RETURN control.refill('mentor_ranking');
    END IF;
    RETURN changed;
END
$$;

COMMENT ON FUNCTION control.fold_mentor_ranking() IS 'Counts the changed mentors again and puts them into every window where they belong; returns how many rows changed.';

CREATE VIEW drift.mentor_ranking AS
SELECT
    from_day,
    place,
    counted.mentor_id,
    counted.sessions,
    stored.mentor_id AS stored_mentor_id,
    stored.sessions AS stored_sessions
FROM
    folded.mentor_ranking AS counted
    FULL JOIN analytics.mentor_ranking AS stored USING (from_day, place)
WHERE
    (counted.mentor_id, counted.sessions) IS DISTINCT FROM (stored.mentor_id, stored.sessions)
    AND (place <= 10 OR stored.mentor_id IS NOT NULL)
    -- from midnight until the next fold the stored windows are those of another day
    AND (SELECT max(day) FROM analytics.freshness) = (SELECT analytics.today());

COMMENT ON VIEW drift.mentor_ranking IS 'Places that are not what a count of everything but the pending sessions says.';
