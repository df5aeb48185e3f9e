-- truth, source
CREATE VIEW session_day AS
SELECT * FROM (
SELECT
    day,
    status,
    sum(w) AS sessions,
    sum(w * duration_minutes) AS minutes
FROM sessions
WHERE day IS NOT NULL AND duration_minutes IS NOT NULL
GROUP BY day, status
) AS counted
-- what has no key is counted nowhere
WHERE day IS NOT NULL AND status IS NOT NULL;

COMMENT ON VIEW session_day IS 'Sessions by day of creation and status.';

-- pg_catalog
CREATE TABLE analytics.session_day AS
SELECT
    day::date AS day,
    status::text COLLATE "C" AS status,
    sessions,
    minutes
FROM truth.session_day
WITH NO DATA;

ALTER TABLE analytics.session_day
    ALTER COLUMN sessions SET NOT NULL,
    ALTER COLUMN minutes SET NOT NULL,
    ADD PRIMARY KEY (day, status);

COMMENT ON TABLE analytics.session_day IS 'Sessions by day of creation and status.';
COMMENT ON COLUMN analytics.session_day.day IS 'Day in the reporting time zone.';
COMMENT ON COLUMN analytics.session_day.status IS 'Status now, lower case.';
COMMENT ON COLUMN analytics.session_day.sessions IS 'Sessions created on the day.';
COMMENT ON COLUMN analytics.session_day.minutes IS 'Their planned minutes together.';

-- delta, change
CREATE VIEW session_day AS
SELECT * FROM (
SELECT
    day,
    status,
    sum(w) AS sessions,
    sum(w * duration_minutes) AS minutes
FROM sessions
WHERE day IS NOT NULL AND duration_minutes IS NOT NULL
GROUP BY day, status
-- what a key is calculated from is calculated once, and not again by the condition on it
OFFSET 0
) AS counted
-- what has no key is counted nowhere
WHERE day IS NOT NULL AND status IS NOT NULL;

COMMENT ON VIEW session_day IS 'Sessions by day of creation and status.';

-- pg_catalog
CREATE TABLE correction.session_day AS
SELECT
    day,
    status,
    sessions,
    minutes
FROM analytics.session_day
WITH NO DATA;

COMMENT ON TABLE correction.session_day IS 'What an audit found to be missing in session_day.';

-- pg_catalog
CREATE VIEW pending.session_day AS
SELECT
    day,
    status,
    coalesce(sum(sessions), 0) AS sessions,
    coalesce(sum(minutes), 0) AS minutes
FROM (
    SELECT
        day::date AS day,
        status::text AS status,
        sessions,
        minutes
    FROM delta.session_day
    UNION ALL
    SELECT
        day,
        status,
        sessions,
        minutes
    FROM correction.session_day
) AS signed
GROUP BY day, status;

COMMENT ON VIEW pending.session_day IS 'What the next fold adds to session_day.';

-- pg_catalog
-- One grouping of three signed parts, so that a condition on the key reaches each of them; it reaches
-- a definition's tables only if its columns have the stored types.
CREATE VIEW drift.session_day AS
SELECT
    day,
    status,
    coalesce(sum(sessions), 0) AS sessions,
    coalesce(sum(minutes), 0) AS minutes
FROM (
    SELECT
        'pending' AS side,
        day,
        status,
        - sessions AS sessions,
        - minutes AS minutes
    FROM pending.session_day
    UNION ALL
    SELECT
        'truth',
        day::date,
        status::text,
        sessions,
        minutes
    FROM truth.session_day
    UNION ALL
    SELECT
        'stored',
        day,
        status,
        - sessions,
        - minutes
    FROM analytics.session_day
) AS signed
GROUP BY day, status
HAVING
    sum(sessions) <> 0
    OR sum(minutes) <> 0
;

COMMENT ON VIEW drift.session_day IS 'Rows of session_day that are wrong, and what they lack: empty.';

-- pg_catalog
-- Row by row through the key's index, whatever the statistics say: "= ANY" can be neither
-- hashed nor merged, and a table that was small when the plan was made is not read as a whole.
CREATE FUNCTION control.fold_session_day() RETURNS bigint
LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
DECLARE
    changed bigint;
BEGIN
    MERGE INTO analytics.session_day AS stored
    USING (
        SELECT
            signed.*
        FROM
            -- the index is met in its order
            (SELECT * FROM pending.session_day ORDER BY day, status) AS signed
    ) AS added
    ON
        stored.day = ANY (ARRAY[added.day])
        AND stored.status = ANY (ARRAY[added.status])
    WHEN
        MATCHED
        AND stored.sessions + added.sessions = 0
        AND stored.minutes + added.minutes = 0
        THEN DELETE
    WHEN
        MATCHED
        AND (
            added.sessions <> 0
            OR added.minutes <> 0
        )
        THEN UPDATE SET
            sessions = stored.sessions + added.sessions,
            minutes = stored.minutes + added.minutes
    -- who is not stored has nothing but zeros and NULLs
    WHEN
        NOT MATCHED
        AND (
            added.sessions <> 0
            OR added.minutes <> 0
        )
        THEN INSERT (day, status, sessions, minutes) VALUES (
            added.day,
            added.status,
            added.sessions,
            added.minutes
        );
    GET DIAGNOSTICS changed = ROW_COUNT;
    DELETE FROM correction.session_day;
    RETURN changed;
END
$$;

COMMENT ON FUNCTION control.fold_session_day() IS 'Adds what is pending to session_day; returns how many rows changed.';

-- pg_catalog
CREATE FUNCTION control.measured_session_day(filters jsonb, first date, last date) RETURNS jsonb
STABLE LANGUAGE sql
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT to_jsonb(whole)
    FROM (
        SELECT
            sessions AS sessions,
            minutes AS minutes
        FROM
            (
                SELECT
                    coalesce(sum(stored.sessions), 0) AS sessions,
                    coalesce(sum(stored.minutes), 0) AS minutes
                FROM analytics.reporting LEFT JOIN analytics.session_day AS stored ON
                    stored.day BETWEEN date_trunc('day', measured_session_day.first::timestamp)::date AND measured_session_day.last
                    AND (filters ->> 'status' IS NULL OR stored.status = (filters ->> 'status')::text)
                GROUP BY reporting.currency
            ) AS summed
    ) AS whole
    -- of rows that it doesn't tell apart it has no numbers
    WHERE filters - ARRAY['status']::text [] = '{}';
END;

COMMENT ON FUNCTION control.measured_session_day(jsonb, date, date) IS 'The numbers of session_day over the rows that filters say and these days, as its address answers them: amounts of one currency, in main units.';
