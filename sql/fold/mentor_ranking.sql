{% from "ranking/lengths.sql" import served, kept, most %}
CREATE TABLE control.mentor_list (
    from_day  date PRIMARY KEY,
    length    bigint NOT NULL,
    sessions  bigint NOT NULL,
    mentor_id bigint NOT NULL
);
COMMENT ON TABLE control.mentor_list IS 'How far down each window''s list goes; no row where it names everybody.';
COMMENT ON COLUMN control.mentor_list.from_day IS 'First day of the window.';
COMMENT ON COLUMN control.mentor_list.length IS 'How many mentors it names.';
COMMENT ON COLUMN control.mentor_list.sessions IS 'Whoever has more sessions in the window is listed,';
COMMENT ON COLUMN control.mentor_list.mentor_id IS 'and whoever has as many, and no greater mentor_id.';

CREATE VIEW control.changed_mentor AS
SELECT mentor_id
FROM delta.mentor_day
WHERE
    sessions <> 0
    AND day >= (SELECT analytics.today() - 364)
    AND day <= (SELECT analytics.today())
UNION
-- whose sessions were dated ahead, to a day that has come since the last fold
SELECT mentor_id
FROM analytics.mentor_day
WHERE
    day > (SELECT max(day) FROM analytics.freshness)
    AND day <= (SELECT analytics.today())
    -- once a day, then: there is no index by day
    AND (SELECT max(day) FROM analytics.freshness) < (SELECT analytics.today());
COMMENT ON VIEW control.changed_mentor IS 'Mentors whose number of sessions in some window is another since the last fold.';

CREATE FUNCTION control.refill_mentor_ranking(windows date [] DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    written bigint;
BEGIN
    DELETE FROM analytics.mentor_window WHERE windows IS NULL OR from_day = ANY (windows);
    DELETE FROM control.mentor_list WHERE windows IS NULL OR from_day = ANY (windows);
    DELETE FROM analytics.listed_mentor WHERE windows IS NULL;
    WITH
    ranked AS MATERIALIZED (
        SELECT *
        FROM truth.ranked_mentors(coalesce((SELECT min(day) FROM unnest(windows) AS day), analytics.today() - 364))
        WHERE place <= {{ kept }} AND (windows IS NULL OR from_day = ANY (windows))
    ),

    listed AS (
        INSERT INTO control.mentor_list (from_day, length, sessions, mentor_id)
        SELECT
            from_day,
            place,
            sessions,
            mentor_id
        FROM ranked
        WHERE place = {{ kept }}
    ),

    total AS MATERIALIZED (
        SELECT
            mentor_id,
            max(there.sessions) AS before,
            coalesce(max(there.sessions), max(ranked.sessions)) AS sessions
        FROM ranked LEFT JOIN analytics.listed_mentor AS there USING (mentor_id)
        GROUP BY mentor_id
    ),

    entered AS (
        INSERT INTO analytics.listed_mentor (mentor_id, sessions)
        SELECT
            mentor_id,
            sessions
        FROM total
        WHERE before IS NULL
    )

    INSERT INTO analytics.mentor_window (from_day, mentor_id, less)
    SELECT
        ranked.from_day,
        mentor_id,
        total.sessions - ranked.sessions
    FROM ranked INNER JOIN total USING (mentor_id);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;
COMMENT ON FUNCTION control.refill_mentor_ranking(date []) IS 'Counts the lists of all windows, or of those that begin on these days, from nothing; returns how many rows they have.';

-- Of joins that a plan kept from an empty table may choose, a hash join is linear for any number: a
-- merge join by one of two columns would compare the rest with each other.
CREATE FUNCTION control.fold_mentor_ranking() RETURNS bigint
LANGUAGE plpgsql
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
DECLARE
    first_day CONSTANT date := analytics.today() - 364;
    mentors   CONSTANT bigint [] := array(SELECT mentor_id FROM control.changed_mentor);
    changed   bigint;
    longer    date [];
    shorter   date [];
BEGIN
    DELETE FROM control.mentor_list WHERE from_day < first_day;
    DELETE FROM analytics.mentor_window WHERE from_day < first_day;
    IF FOUND THEN
        DELETE FROM analytics.listed_mentor AS there
        WHERE NOT EXISTS (SELECT FROM analytics.mentor_window WHERE mentor_window.mentor_id = there.mentor_id);
    END IF;
    IF mentors = '{}' THEN
        RETURN 0;
    END IF;
    -- a young platform's first mentors, or most of a small one's
    IF cardinality(mentors) > {{ kept }} AND NOT EXISTS (SELECT FROM control.mentor_list) THEN
        RETURN control.refill_mentor_ranking();
    END IF;

    -- Who is not in a window's list has no more sessions in it than control.mentor_list says: that
    -- keeps the list right without a look at the others, until fewer are left in it than are served.
    WITH
    list AS MATERIALIZED (
        SELECT
            from_day,
            length,
            last_sessions,
            last_mentor,
            -- of this list and of those of all longer windows
            min(ARRAY[last_sessions, last_mentor]) OVER (ORDER BY from_day) AS least
        FROM
            (SELECT first_day + days_later AS from_day FROM generate_series(0, 364) AS days_later) AS possible
            LEFT JOIN control.mentor_list USING (from_day)
            CROSS JOIN LATERAL (SELECT coalesce(sessions, 0) AS last_sessions, coalesce(- mentor_id, 0) AS last_mentor) AS pair
    ),

    stored AS MATERIALIZED (
        SELECT
            mentor_window.from_day,
            mentor_id,
            mentor_window.less,
            there.sessions - mentor_window.less AS sessions
        FROM analytics.mentor_window INNER JOIN analytics.listed_mentor AS there USING (mentor_id)
        WHERE mentor_id = ANY (mentors)
    ),

    -- Each mentor's counts, one for all windows that begin on these days.
    counted AS MATERIALIZED (
        SELECT
            changed.mentor_id,
            run.*
        FROM
            unnest(mentors) AS changed (mentor_id)
            CROSS JOIN LATERAL (
                SELECT
                    from_day,
                    to_day,
                    sessions
                FROM truth.mentor_runs(first_day)
                WHERE mentor_runs.mentor_id = changed.mentor_id
                -- keeps the planner from reading every day of everybody for a few mentors
                OFFSET 0
            ) AS run
    ),

    -- Of those who move on a day no more than a list holds can enter it.
    mover AS (
        SELECT
            counted.*,
            row_number() OVER (PARTITION BY to_day ORDER BY sessions DESC, mentor_id) AS place
        FROM counted INNER JOIN list ON list.from_day = counted.to_day
        WHERE (counted.sessions, - counted.mentor_id) >= (list.least[1], list.least[2])
    ),

    placed AS MATERIALIZED (
        SELECT *
        FROM (
            SELECT
                list.from_day,
                likely.mentor_id,
                likely.sessions,
                row_number() OVER (PARTITION BY list.from_day ORDER BY likely.sessions DESC, likely.mentor_id) AS place
            FROM
                (
                    SELECT
                        mover.mentor_id,
                        mover.sessions,
                        mover.from_day + days_later AS from_day
                    FROM mover CROSS JOIN LATERAL generate_series(0, mover.to_day - mover.from_day) AS days_later
                    WHERE mover.place <= {{ most }}
                ) AS likely
                INNER JOIN list ON list.from_day = likely.from_day
            WHERE (likely.sessions, - likely.mentor_id) >= (list.last_sessions, list.last_mentor)
        ) AS ranked
        WHERE place <= {{ most }}
    ),

    -- what is listed now (+1) and was before (-1)
    step AS MATERIALIZED (
        SELECT
            coalesce(placed.from_day, stored.from_day) AS from_day,
            coalesce(placed.mentor_id, stored.mentor_id) AS mentor_id,
            placed.sessions,
            stored.less,
            placed.sessions IS DISTINCT FROM stored.sessions AS is_another,
            (placed.mentor_id IS NOT NULL)::integer - (stored.mentor_id IS NOT NULL)::integer AS entered
        FROM
            placed
            FULL JOIN stored ON stored.from_day = placed.from_day AND stored.mentor_id = placed.mentor_id
    ),

    -- what leaves the most windows as they are
    total AS MATERIALIZED (
        SELECT
            mentor_id,
            coalesce(mode() WITHIN GROUP (ORDER BY sessions + less), max(sessions)) AS sessions
        FROM step
        GROUP BY mentor_id
    ),

    removed AS (
        DELETE FROM analytics.mentor_window AS there
        USING step
        WHERE step.entered = -1 AND there.from_day = step.from_day AND there.mentor_id = step.mentor_id
    ),

    left_out AS (
        DELETE FROM analytics.listed_mentor AS there
        USING total
        WHERE total.sessions IS NULL AND there.mentor_id = total.mentor_id
    ),

    totalled AS (
        INSERT INTO analytics.listed_mentor AS there (mentor_id, sessions)
        SELECT
            mentor_id,
            sessions
        FROM total
        WHERE sessions IS NOT NULL
        ON CONFLICT (mentor_id) DO UPDATE SET sessions = excluded.sessions WHERE there.sessions <> excluded.sessions
    ),

    written AS (
        INSERT INTO analytics.mentor_window (from_day, mentor_id, less)
        SELECT
            step.from_day,
            mentor_id,
            total.sessions - step.sessions
        FROM step INNER JOIN total USING (mentor_id)
        WHERE step.entered >= 0 AND step.less IS DISTINCT FROM total.sessions - step.sessions
        ON CONFLICT (from_day, mentor_id) DO UPDATE SET less = excluded.less
    ),

    moved AS (
        SELECT
            from_day,
            list.length,
            list.length + sum(step.entered) AS now,
            count(*) FILTER (WHERE step.is_another) AS changed,
            sum(step.entered) AS entered
        FROM step INNER JOIN list USING (from_day)
        GROUP BY from_day, list.length
    ),

    measured AS (
        UPDATE control.mentor_list AS there
        SET length = moved.now
        FROM moved
        WHERE there.from_day = moved.from_day AND moved.entered <> 0
    )

    SELECT
        coalesce(sum(moved.changed), 0),
        -- one that named everybody is measured below
        array_agg(from_day) FILTER (WHERE now >= {{ most }} OR (length IS NULL AND entered > 0)),
        array_agg(from_day) FILTER (WHERE now < {{ served }})
    INTO changed, longer, shorter
    FROM moved;

    IF longer IS NOT NULL THEN
        WITH
        ranked AS MATERIALIZED (
            SELECT
                *,
                row_number() OVER (PARTITION BY from_day ORDER BY sessions DESC, mentor_id) AS place,
                count(*) OVER (PARTITION BY from_day) AS length
            FROM analytics.mentor_ranking
            WHERE from_day = ANY (longer)
        ),

        removed AS (
            DELETE FROM analytics.mentor_window AS there
            USING ranked
            WHERE
                ranked.length >= {{ most }}
                AND ranked.place > {{ kept }}
                AND there.from_day = ranked.from_day
                AND there.mentor_id = ranked.mentor_id
        )

        INSERT INTO control.mentor_list (from_day, length, sessions, mentor_id)
        SELECT
            from_day,
            place,
            sessions,
            mentor_id
        FROM ranked
        WHERE length >= {{ most }} AND place = {{ kept }}
        ON CONFLICT (from_day) DO UPDATE
            SET length = excluded.length, sessions = excluded.sessions, mentor_id = excluded.mentor_id;
    END IF;
    IF shorter IS NOT NULL THEN
        PERFORM control.refill_mentor_ranking(shorter);
    END IF;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION control.fold_mentor_ranking() IS 'Counts the changed mentors again and puts them into every window where they belong; returns how many rows changed.';

CREATE VIEW drift.mentor_ranking AS
SELECT
    coalesce(counted.from_day, stored.from_day) AS from_day,
    coalesce(counted.mentor_id, stored.mentor_id) AS mentor_id,
    counted.place,
    counted.sessions,
    stored.sessions AS stored_sessions
FROM
    truth.mentor_ranking AS counted
    FULL JOIN analytics.mentor_ranking AS stored ON stored.from_day = counted.from_day AND stored.mentor_id = counted.mentor_id
    LEFT JOIN control.mentor_list AS list ON list.from_day = coalesce(counted.from_day, stored.from_day)
WHERE
    counted.sessions IS DISTINCT FROM stored.sessions
    -- who stands behind a list's end may be missing
    AND (
        stored.sessions IS NOT NULL
        OR counted.place <= {{ served }}
        OR (counted.sessions, - counted.mentor_id) >= (coalesce(list.sessions, 0), - coalesce(list.mentor_id, 0))
    )
    -- from midnight until the next fold the stored windows are those of another day
    AND (SELECT max(day) FROM analytics.freshness) = (SELECT analytics.today());
COMMENT ON VIEW drift.mentor_ranking IS 'Mentors who are missing from a window''s list, have other sessions in it than analytics.mentor_day says, or don''t belong there.';
