-- What the reader's queries share.
CREATE VIEW analytics.unusable AS
SELECT
    counted.family,
    sum(unusable_total.rows)::bigint AS rows
FROM
    analytics.unusable_total
    INNER JOIN control.counted
        ON
            counted.mirrored = unusable_total.mirrored
            AND counted.name = split_part(unusable_total.reason, ' ', 1)
GROUP BY counted.family;

COMMENT ON VIEW analytics.unusable IS 'How many rows each answer lacks, as a value that it counts by can''t be used; no row where it lacks none.';

CREATE VIEW analytics.answer AS
SELECT
    freshness.family,
    freshness.as_of,
    freshness.version,
    freshness.changed_at,
    coalesce(pending.changes, 0) AS pending,
    unusable.rows AS unusable,
    reporting.timezone,
    reporting.currency,
    freshness.day AS today
FROM
    analytics.freshness
    LEFT JOIN analytics.pending USING (family)
    LEFT JOIN analytics.unusable USING (family)
    CROSS JOIN analytics.reporting
WHERE freshness.as_of IS NOT NULL;

COMMENT ON VIEW analytics.answer IS 'Each answer that can be given, as of when it is right, and the day that its windows end with.';

CREATE VIEW analytics.installed AS
SELECT shape
FROM control.installation;

COMMENT ON VIEW analytics.installed IS 'What readers find here: shared/shape.py.';

CREATE VIEW analytics.course_count AS
SELECT coalesce(sum(200 + coalesce(octet_length(title), 0)), 0) > 1000000 AS is_long
FROM (
    SELECT title
    FROM analytics.course_performance
    WHERE courses > 0
    LIMIT 5000
) AS first_rows;

COMMENT ON VIEW analytics.course_count IS 'Whether all courses are a list of more than some 1 MB, which is written apart and never held: 5,000 courses, or fewer with long titles.';

-- Inlined, so that LIMIT and the primary key are made use of.
CREATE FUNCTION analytics.course_list(
    sort text, direction text, search text, after_number numeric, after_name text, after_course bigint
) RETURNS TABLE (
    course_id bigint,
    title text,
    enrollments bigint,
    avg_progress numeric,
    completed bigint,
    completion_rate numeric,
    avg_rating numeric,
    number numeric,
    name text
)
STABLE LANGUAGE sql
BEGIN ATOMIC
    WITH listed AS (
        SELECT
            course_performance.course_id,
            course_performance.title,
            course_performance.enrollments,
            course_performance.avg_progress,
            course_performance.completed,
            course_performance.completion_rate,
            course_performance.avg_rating,
            CASE sort
                WHEN 'enrollments' THEN course_performance.enrollments
                WHEN 'avg_progress' THEN course_performance.avg_progress
                WHEN 'completed' THEN course_performance.completed
                WHEN 'completion_rate' THEN course_performance.completion_rate
                WHEN 'avg_rating' THEN course_performance.avg_rating
                ELSE 0
            END AS number,
            -- as if ё were the letter behind е
            CASE sort WHEN 'title' THEN replace(caseless_title, 'ё', 'е' || chr(1114111)) ELSE '' END AS name
        FROM analytics.course_performance
        WHERE courses > 0 AND strpos(translate(caseless_title, 'ё', 'е'), translate(analytics.caseless(search), 'ё', 'е')) > 0
    )

    SELECT listed.*
    FROM listed
    WHERE
        CASE
            WHEN after_course IS NULL THEN true
            WHEN direction = 'asc' THEN (listed.number, listed.name, listed.course_id) > (after_number, after_name, after_course)
            ELSE (listed.number, listed.name, listed.course_id) < (after_number, after_name, after_course)
        END
    ORDER BY
        CASE direction WHEN 'asc' THEN listed.number END,
        CASE direction WHEN 'asc' THEN listed.name END,
        CASE direction WHEN 'asc' THEN listed.course_id END,
        listed.number DESC,
        listed.name DESC,
        listed.course_id DESC;
END;
COMMENT ON FUNCTION analytics.course_list(text, text, text, numeric, text, bigint) IS 'The courses whose title holds a text, sorted, behind the place of a cursor; number and name are what they are sorted by.';

CREATE FUNCTION analytics.change(current numeric, previous numeric) RETURNS json
IMMUTABLE PARALLEL SAFE LANGUAGE sql
-- no row_to_json of a subquery: planned for each of the platform's numbers, it takes milliseconds
RETURN format(
    '{"current":%s,"previous":%s,"change":%s,"change_percent":%s}',
    current,
    coalesce(previous::text, 'null'),
    coalesce((current - previous)::text, 'null'),
    -- of what was below zero, a rise is still a rise
    coalesce(round(100.00000000000000000000 * (current - previous) / nullif(abs(previous), 0), 2)::text, 'null')
)::json;
COMMENT ON FUNCTION analytics.change(numeric, numeric) IS 'What a number has become, and was; percent is NULL where it was 0, everything but the number where it is not known what it was.';

CREATE FUNCTION analytics.compared(body json, from_day date, to_day date, metrics json) RETURNS text
IMMUTABLE PARALLEL SAFE LANGUAGE sql
-- by hand, so that without metrics the body stays as it is to the last byte
RETURN left(body::text, -1)
|| coalesce(
    ',"comparison":{"from":' || coalesce(to_json(from_day)::text, 'null')
    || ',"to":' || to_json(to_day) || ',"metrics":' || metrics || '}',
    ''
)
|| '}';
COMMENT ON FUNCTION analytics.compared(json, date, date, json) IS 'The body with a comparison as its last member, if there are metrics to compare.';

-- Read from the mirror and not from a summary, so that a demotion counts at once.
CREATE VIEW analytics.account AS
SELECT
    id AS user_id,
    role,
    is_active,
    (SELECT is_proven FROM control.trust WHERE mirrored = 'users') AS is_proven,
    array(SELECT mentors.id FROM source.mentors WHERE mentors.user_id = users.id ORDER BY mentors.id) AS mentors,
    (SELECT is_proven FROM control.trust WHERE mirrored = 'mentors') AS is_mentor_proven
FROM source.users;

COMMENT ON VIEW analytics.account IS 'Who may ask: role, state and mentor profiles of each account, as of the last replicated change.';

CREATE VIEW analytics.proof AS
SELECT bool_and(is_proven) AS is_proven
FROM control.trust;

COMMENT ON VIEW analytics.proof IS 'Whether the mirror is proven to be MentorHub''s tables; while it is not, answers stand still.';

CREATE VIEW analytics.missing AS
SELECT
    counted.family,
    string_agg(missing_column.mirrored || '.' || missing_column.theirs, ', ' ORDER BY missing_column.mirrored, missing_column.theirs) AS columns
FROM control.counted INNER JOIN public.missing_column USING (mirrored, name)
-- MentorHub names a reviewed mentor by one of them
WHERE (mirrored, name) NOT IN (('reviews', 'reviewed_id'), ('reviews', 'mentor_id'))
GROUP BY counted.family;

COMMENT ON VIEW analytics.missing IS 'Answers that this MentorHub has not all columns for, and which it lacks.';

CREATE VIEW analytics.metric AS
SELECT
    substr(answer.family, length('metrics/') + 1) AS name,
    missing.columns AS missing,
    answer.as_of,
    answer.pending,
    answer.unusable,
    answer.changed_at,
    audited.audited_at,
    audited.whole_at,
    audited.drift
FROM
    analytics.answer
    LEFT JOIN control.audited ON answer.family = 'metrics/' || audited.summary
    LEFT JOIN analytics.missing ON missing.family = answer.family
WHERE answer.family ^@ 'metrics/';

COMMENT ON VIEW analytics.metric IS 'Each metric at an address of its own: as of when it is right, and what its audits found.';

GRANT USAGE ON SCHEMA analytics TO analytics_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO analytics_reader;
GRANT SELECT ON analytics.unusable_row, analytics.unusable_total TO analytics_worker;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA analytics TO analytics_reader;
