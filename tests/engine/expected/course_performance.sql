-- truth, source
CREATE VIEW course_performance AS
SELECT * FROM (
SELECT
    course_id,
    max(title) AS title,
    sum(courses) AS courses,
    sum(enrollments) AS enrollments,
    sum(progress_sum) AS progress_sum,
    sum(completed) AS completed,
    sum(ratings) AS ratings,
    sum(rating_sum) AS rating_sum
FROM (
    SELECT
        id AS course_id,
        title,
        w AS courses,
        0 AS enrollments,
        0 AS progress_sum,
        0 AS completed,
        0 AS ratings,
        0 AS rating_sum
    FROM courses
    UNION ALL
    SELECT
        course_id,
        NULL,
        0,
        w,
        w * progress_percent,
        w * completed::integer,
        0,
        0
    FROM course_enrollments
    WHERE course_id IS NOT NULL
    UNION ALL
    SELECT
        course_id,
        NULL,
        0,
        0,
        0,
        0,
        w,
        w * rating
    FROM reviews
    WHERE course_id IS NOT NULL AND rating IS NOT NULL
) AS parts
GROUP BY course_id
) AS counted
-- what has no key is counted nowhere
WHERE course_id IS NOT NULL;

COMMENT ON VIEW course_performance IS 'How each course does, all time.';

-- pg_catalog
CREATE TABLE analytics.course_performance AS
SELECT
    course_id::bigint AS course_id,
    title,
    courses,
    enrollments,
    progress_sum,
    completed,
    ratings,
    rating_sum
FROM truth.course_performance
WITH NO DATA;

ALTER TABLE analytics.course_performance
    ALTER COLUMN courses SET NOT NULL,
    ALTER COLUMN enrollments SET NOT NULL,
    ALTER COLUMN progress_sum SET NOT NULL,
    ALTER COLUMN completed SET NOT NULL,
    ALTER COLUMN ratings SET NOT NULL,
    ALTER COLUMN rating_sum SET NOT NULL,
    ADD PRIMARY KEY (course_id);

COMMENT ON TABLE analytics.course_performance IS 'How each course does, all time.';
COMMENT ON COLUMN analytics.course_performance.course_id IS 'MentorHub''s courses.id.';
COMMENT ON COLUMN analytics.course_performance.title IS 'The course''s title.';
COMMENT ON COLUMN analytics.course_performance.courses IS '1; 0 where the course is not there and only reviews of it are.';
COMMENT ON COLUMN analytics.course_performance.enrollments IS 'Enrolments.';
COMMENT ON COLUMN analytics.course_performance.progress_sum IS 'Their progress_percent together.';
COMMENT ON COLUMN analytics.course_performance.completed IS 'Enrolments completed.';
COMMENT ON COLUMN analytics.course_performance.ratings IS 'Reviews of the course that carry a rating.';
COMMENT ON COLUMN analytics.course_performance.rating_sum IS 'Their ratings together.';

-- pg_catalog
ALTER TABLE analytics.course_performance
    ADD COLUMN avg_progress numeric GENERATED ALWAYS AS (analytics.ratio(progress_sum, enrollments)) STORED;

COMMENT ON COLUMN analytics.course_performance.avg_progress IS 'Mean progress of its enrolments, percent.';

-- pg_catalog
ALTER TABLE analytics.course_performance
    ADD COLUMN completion_rate numeric GENERATED ALWAYS AS (analytics.ratio(100 * completed, enrollments)) STORED;

COMMENT ON COLUMN analytics.course_performance.completion_rate IS 'Completed enrolments, percent of all.';

-- pg_catalog
ALTER TABLE analytics.course_performance
    ADD COLUMN avg_rating numeric GENERATED ALWAYS AS (analytics.ratio(rating_sum, ratings)) STORED;

COMMENT ON COLUMN analytics.course_performance.avg_rating IS 'Mean rating.';

-- pg_catalog
ALTER TABLE analytics.course_performance
    ADD COLUMN caseless_title text COLLATE "C" GENERATED ALWAYS AS (coalesce(analytics.caseless(title), '')) STORED;

COMMENT ON COLUMN analytics.course_performance.caseless_title IS 'The title as it is sorted and searched; empty where there is none.';

-- delta, change
CREATE VIEW course_performance AS
SELECT * FROM (
SELECT
    course_id,
    max(title) AS title,
    sum(courses) AS courses,
    sum(enrollments) AS enrollments,
    sum(progress_sum) AS progress_sum,
    sum(completed) AS completed,
    sum(ratings) AS ratings,
    sum(rating_sum) AS rating_sum
FROM (
    SELECT
        id AS course_id,
        title,
        w AS courses,
        0 AS enrollments,
        0 AS progress_sum,
        0 AS completed,
        0 AS ratings,
        0 AS rating_sum
    FROM courses
    UNION ALL
    SELECT
        course_id,
        NULL,
        0,
        w,
        w * progress_percent,
        w * completed::integer,
        0,
        0
    FROM course_enrollments
    WHERE course_id IS NOT NULL
    UNION ALL
    SELECT
        course_id,
        NULL,
        0,
        0,
        0,
        0,
        w,
        w * rating
    FROM reviews
    WHERE course_id IS NOT NULL AND rating IS NOT NULL
) AS parts
GROUP BY course_id
-- what a key is calculated from is calculated once, and not again by the condition on it
OFFSET 0
) AS counted
-- what has no key is counted nowhere
WHERE course_id IS NOT NULL;

COMMENT ON VIEW course_performance IS 'How each course does, all time.';

-- vanished
CREATE VIEW course_performance AS
SELECT * FROM (
SELECT
    course_id,
    max(title) AS title,
    sum(courses) AS courses,
    sum(enrollments) AS enrollments,
    sum(progress_sum) AS progress_sum,
    sum(completed) AS completed,
    sum(ratings) AS ratings,
    sum(rating_sum) AS rating_sum
FROM (
    SELECT
        id AS course_id,
        title,
        w AS courses,
        0 AS enrollments,
        0 AS progress_sum,
        0 AS completed,
        0 AS ratings,
        0 AS rating_sum
    FROM courses
    UNION ALL
    SELECT
        course_id,
        NULL,
        0,
        w,
        w * progress_percent,
        w * completed::integer,
        0,
        0
    FROM course_enrollments
    WHERE course_id IS NOT NULL
    UNION ALL
    SELECT
        course_id,
        NULL,
        0,
        0,
        0,
        0,
        w,
        w * rating
    FROM reviews
    WHERE course_id IS NOT NULL AND rating IS NOT NULL
) AS parts
GROUP BY course_id
-- what a key is calculated from is calculated once, and not again by the condition on it
OFFSET 0
) AS counted
-- what has no key is counted nowhere
WHERE course_id IS NOT NULL;

COMMENT ON VIEW course_performance IS 'How each course does, all time.';

-- pg_catalog
CREATE TABLE correction.course_performance AS
SELECT
    course_id,
    title,
    courses,
    enrollments,
    progress_sum,
    completed,
    ratings,
    rating_sum
FROM analytics.course_performance
WITH NO DATA;

COMMENT ON TABLE correction.course_performance IS 'What an audit found to be missing in course_performance.';

-- pg_catalog
CREATE VIEW pending.course_performance AS
SELECT
    course_id,
    max(title) AS title,
    max(gone_title) AS gone_title,
    bool_or(is_wrong) AS is_wrong,
    coalesce(sum(courses), 0) AS courses,
    coalesce(sum(enrollments), 0) AS enrollments,
    coalesce(sum(progress_sum), 0) AS progress_sum,
    coalesce(sum(completed), 0) AS completed,
    coalesce(sum(ratings), 0) AS ratings,
    coalesce(sum(rating_sum), 0) AS rating_sum
FROM (
    SELECT
        course_id::bigint AS course_id,
        title,
        NULL AS gone_title,
        false AS is_wrong,
        courses,
        enrollments,
        progress_sum,
        completed,
        ratings,
        rating_sum
    FROM delta.course_performance
    UNION ALL
    SELECT
        course_id::bigint,
        NULL,
        title,
        false,
        0,
        0,
        0,
        0,
        0,
        0
    FROM vanished.course_performance
    UNION ALL
    SELECT
        course_id,
        title,
        NULL,
        true,
        courses,
        enrollments,
        progress_sum,
        completed,
        ratings,
        rating_sum
    FROM correction.course_performance
) AS signed
GROUP BY course_id;

COMMENT ON VIEW pending.course_performance IS 'What the next fold adds to course_performance.';

-- pg_catalog
-- One grouping of three signed parts, so that a condition on the key reaches each of them; it reaches
-- a definition's tables only if its columns have the stored types.
CREATE VIEW drift.course_performance AS
SELECT
    course_id,
    coalesce(max(title) FILTER (WHERE side = 'truth'), max(title) FILTER (WHERE side = 'stored')) AS title,
    coalesce(sum(courses), 0) AS courses,
    coalesce(sum(enrollments), 0) AS enrollments,
    coalesce(sum(progress_sum), 0) AS progress_sum,
    coalesce(sum(completed), 0) AS completed,
    coalesce(sum(ratings), 0) AS ratings,
    coalesce(sum(rating_sum), 0) AS rating_sum
FROM (
    SELECT
        'pending' AS side,
        course_id,
        title,
        gone_title,
        is_wrong,
        - courses AS courses,
        - enrollments AS enrollments,
        - progress_sum AS progress_sum,
        - completed AS completed,
        - ratings AS ratings,
        - rating_sum AS rating_sum
    FROM pending.course_performance
    UNION ALL
    SELECT
        'truth',
        course_id::bigint,
        title,
        NULL,
        false,
        courses,
        enrollments,
        progress_sum,
        completed,
        ratings,
        rating_sum
    FROM truth.course_performance
    UNION ALL
    SELECT
        'stored',
        course_id,
        title,
        NULL,
        false,
        - courses,
        - enrollments,
        - progress_sum,
        - completed,
        - ratings,
        - rating_sum
    FROM analytics.course_performance
) AS signed
GROUP BY course_id
HAVING
    sum(courses) <> 0
    OR sum(enrollments) <> 0
    OR sum(progress_sum) <> 0
    OR sum(completed) <> 0
    OR sum(ratings) <> 0
    OR sum(rating_sum) <> 0
    -- a maximum is wrong if the next fold neither looks it up nor makes it right
    OR (
        NOT bool_or(is_wrong)
        AND (max(gone_title) >= max(title) FILTER (WHERE side <> 'truth')) IS NOT true
        AND max(title) FILTER (WHERE side = 'truth') IS DISTINCT FROM max(title) FILTER (WHERE side <> 'truth')
    )
;

COMMENT ON VIEW drift.course_performance IS 'Rows of course_performance that are wrong, and what they lack: empty.';

-- pg_catalog
-- Row by row through the key's index, whatever the statistics say: "= ANY" can be neither
-- hashed nor merged, and a table that was small when the plan was made is not read as a whole.
CREATE FUNCTION control.fold_course_performance() RETURNS bigint
LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
DECLARE
    changed bigint;
BEGIN
    MERGE INTO analytics.course_performance AS stored
    USING (
        SELECT
            found.title AS found_title,
            looked_up,
            signed.*
        FROM
            -- the index is met in its order
            (SELECT * FROM pending.course_performance ORDER BY course_id) AS signed
            -- A maximum is looked up where it may be gone: nothing went, and nothing is asked.
            LEFT JOIN LATERAL (
                SELECT
                    there.title AS before_title
                FROM analytics.course_performance AS there
                WHERE
                    (
                        signed.gone_title IS NOT NULL
                    )
                    AND there.course_id = ANY (ARRAY[signed.course_id])
            ) AS before ON true
            CROSS JOIN LATERAL (
                SELECT
                    is_wrong
                    OR coalesce(signed.gone_title >= greatest(before_title, signed.title), false)
                    AS looked_up
            ) AS asked
            LEFT JOIN LATERAL (
                SELECT title
                FROM truth.course_performance AS there
                WHERE
                    looked_up
                    AND there.course_id = signed.course_id
                -- keeps the planner from calculating all of truth for these few rows
                OFFSET 0
            ) AS found ON true
    ) AS added
    ON
        stored.course_id = ANY (ARRAY[added.course_id])
    WHEN
        MATCHED
        AND stored.courses + added.courses = 0
        AND stored.enrollments + added.enrollments = 0
        AND stored.progress_sum + added.progress_sum = 0
        AND stored.completed + added.completed = 0
        AND stored.ratings + added.ratings = 0
        AND stored.rating_sum + added.rating_sum = 0
        AND CASE WHEN looked_up THEN found_title ELSE greatest(stored.title, added.title) END IS NULL
        THEN DELETE
    WHEN
        MATCHED
        AND (
            added.courses <> 0
            OR added.enrollments <> 0
            OR added.progress_sum <> 0
            OR added.completed <> 0
            OR added.ratings <> 0
            OR added.rating_sum <> 0
            OR stored.title IS DISTINCT FROM CASE WHEN looked_up THEN found_title ELSE greatest(stored.title, added.title) END
        )
        THEN UPDATE SET
            title = CASE WHEN looked_up THEN found_title ELSE greatest(stored.title, added.title) END,
            courses = stored.courses + added.courses,
            enrollments = stored.enrollments + added.enrollments,
            progress_sum = stored.progress_sum + added.progress_sum,
            completed = stored.completed + added.completed,
            ratings = stored.ratings + added.ratings,
            rating_sum = stored.rating_sum + added.rating_sum
    -- who is not stored has nothing but zeros and NULLs
    WHEN
        NOT MATCHED
        AND (
            added.courses <> 0
            OR added.enrollments <> 0
            OR added.progress_sum <> 0
            OR added.completed <> 0
            OR added.ratings <> 0
            OR added.rating_sum <> 0
            OR CASE WHEN looked_up THEN found_title ELSE added.title END IS NOT NULL
        )
        THEN INSERT (course_id, title, courses, enrollments, progress_sum, completed, ratings, rating_sum) VALUES (
            added.course_id,
            CASE WHEN looked_up THEN found_title ELSE added.title END,
            added.courses,
            added.enrollments,
            added.progress_sum,
            added.completed,
            added.ratings,
            added.rating_sum
        );
    GET DIAGNOSTICS changed = ROW_COUNT;
    DELETE FROM correction.course_performance;
    RETURN changed;
END
$$;

COMMENT ON FUNCTION control.fold_course_performance() IS 'Adds what is pending to course_performance; returns how many rows changed.';

-- pg_catalog
CREATE FUNCTION control.measured_course_performance(filters jsonb, first date, last date) RETURNS jsonb
STABLE LANGUAGE sql
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT to_jsonb(whole)
    FROM (
        SELECT
            courses AS courses,
            enrollments AS enrollments,
            progress_sum AS progress_sum,
            completed AS completed,
            ratings AS ratings,
            rating_sum AS rating_sum,
            analytics.ratio(progress_sum, enrollments) AS avg_progress,
            analytics.ratio(100 * completed, enrollments) AS completion_rate,
            analytics.ratio(rating_sum, ratings) AS avg_rating
        FROM
            (
                SELECT
                    coalesce(sum(stored.courses), 0) AS courses,
                    coalesce(sum(stored.enrollments), 0) AS enrollments,
                    coalesce(sum(stored.progress_sum), 0) AS progress_sum,
                    coalesce(sum(stored.completed), 0) AS completed,
                    coalesce(sum(stored.ratings), 0) AS ratings,
                    coalesce(sum(stored.rating_sum), 0) AS rating_sum
                FROM analytics.reporting LEFT JOIN analytics.course_performance AS stored ON
                    true
                    AND (filters ->> 'course_id' IS NULL OR stored.course_id = (filters ->> 'course_id')::bigint)
                GROUP BY reporting.currency
            ) AS summed
    ) AS whole
    -- of rows that it doesn't tell apart it has no numbers
    WHERE filters - ARRAY['course_id']::text [] = '{}';
END;

COMMENT ON FUNCTION control.measured_course_performance(jsonb, date, date) IS 'The numbers of course_performance over the rows that filters say and these days, as its address answers them: amounts of one currency, in main units.';
