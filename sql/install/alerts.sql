-- Alerts: evaluated by the fold that may have changed them, in its transaction; so one fires exactly
-- when what is read afterwards is beyond its threshold, and once for each time.
CREATE TABLE control.looked_at (
    alert      bigint PRIMARY KEY,
    version    bigint,
    day        date,
    written_at timestamptz,
    error      text
);
COMMENT ON TABLE control.looked_at IS 'By which numbers each alert was evaluated last.';
COMMENT ON COLUMN control.looked_at.alert IS 'Of kept.alert.';
COMMENT ON COLUMN control.looked_at.version IS 'Of the metric''s answer.';
COMMENT ON COLUMN control.looked_at.day IS 'The day that windows end with.';
COMMENT ON COLUMN control.looked_at.written_at IS 'When the rule had been written.';
COMMENT ON COLUMN control.looked_at.error IS 'Why it can''t be evaluated; NULL where it can.';

CREATE FUNCTION control.measured(metric text, measure text, filters jsonb, last date, days integer) RETURNS numeric
STABLE LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    numbers jsonb;
BEGIN
    IF to_regproc(format('control.%I', 'measured_' || metric)) IS NULL THEN
        RAISE EXCEPTION 'there is no metric %', metric USING ERRCODE = 'no_data_found';
    END IF;
    EXECUTE format('SELECT control.%I($1, $2, $3)', 'measured_' || metric)
    INTO numbers
    USING filters, last - days + 1, last;
    IF (numbers ? measure) IS NOT TRUE THEN
        RAISE EXCEPTION '% has no number % of %', metric, measure, filters USING ERRCODE = 'no_data_found';
    END IF;
    RETURN numbers ->> measure;
END
$$;
COMMENT ON FUNCTION control.measured(text, text, jsonb, date, integer) IS 'A number of a metric in so many days that end on a day, as the metric''s address answers it.';

CREATE FUNCTION control.alert_value(
    rule kept.alert, OUT value numeric, OUT previous numeric
)
STABLE LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    today date := analytics.today();
BEGIN
    value := control.measured(rule.metric, rule.measure, rule.filters, today, rule.days);
    IF rule.is_relative THEN
        previous := control.measured(rule.metric, rule.measure, rule.filters, today - rule.days, rule.days);
        -- of nothing, no change is a percentage
        value := round(100 * (value - previous) / nullif(abs(previous), 0), 2);
    END IF;
END
$$;
COMMENT ON FUNCTION control.alert_value(kept.alert) IS 'The number that a rule is about, or its change in percent; NULL where that can''t be said.';

CREATE FUNCTION control.evaluate_alerts() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    today  date := analytics.today();
    rule   record;
    number record;
    fired  bigint := 0;
    news   bigint;
    reason text;
BEGIN
    FOR rule IN
        SELECT
            written AS alert,
            freshness.version
        FROM
            kept.alert AS written
            LEFT JOIN analytics.freshness ON freshness.family = 'metrics/' || written.metric
            LEFT JOIN control.looked_at ON looked_at.alert = written.id
        WHERE
            looked_at.alert IS NULL
            OR looked_at.written_at <> written.written_at
            OR looked_at.day <> today
            OR looked_at.version IS DISTINCT FROM freshness.version
        ORDER BY written.id
    LOOP
        reason := NULL;
        -- whatever is wrong with a rule, the numbers go on
        BEGIN
            SELECT * INTO STRICT number FROM control.alert_value(rule.alert);
            IF
                (rule.alert).is_active
                AND (
                    CASE (rule.alert).direction
                        WHEN 'above' THEN number.value > (rule.alert).threshold
                        ELSE number.value < (rule.alert).threshold
                    END
                )
            THEN
                INSERT INTO kept.firing (alert, value, previous)
                VALUES ((rule.alert).id, number.value, number.previous)
                ON CONFLICT (alert) WHERE ended_at IS NULL DO NOTHING;
                GET DIAGNOSTICS news = ROW_COUNT;
                fired := fired + news;
            ELSE
                UPDATE kept.firing SET ended_at = clock_timestamp()
                WHERE alert = (rule.alert).id AND ended_at IS NULL;
            END IF;
        EXCEPTION
            -- it is being told at this moment, or was deleted: the next fold looks again
            WHEN serialization_failure OR foreign_key_violation THEN CONTINUE;
            WHEN OTHERS THEN reason := SQLERRM;
        END;
        INSERT INTO control.looked_at (alert, version, day, written_at, error)
        VALUES ((rule.alert).id, rule.version, today, (rule.alert).written_at, reason)
        ON CONFLICT (alert) DO UPDATE
            SET
                version = excluded.version,
                day = excluded.day,
                written_at = excluded.written_at,
                error = excluded.error;
    END LOOP;
    RETURN fired;
END
$$;
COMMENT ON FUNCTION control.evaluate_alerts() IS 'Lets the rules fire whose number has crossed its threshold, ends the firings whose number has come back, and returns how many fired. To be called in the transaction of the fold.';

CREATE FUNCTION control.is_delivery_due() RETURNS boolean
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT
        FROM kept.firing INNER JOIN kept.alert ON alert.id = firing.alert
        WHERE
            firing.delivered_at IS NULL
            AND firing.next_at <= clock_timestamp()
            AND firing.attempts < 12
            AND alert.webhook IS NOT NULL
    );
END;
COMMENT ON FUNCTION control.is_delivery_due() IS 'Whether a firing is to be told now.';

CREATE FUNCTION control.claim_delivery() RETURNS TABLE (firing bigint, webhook text, body text)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH due AS (
        SELECT firing.id
        FROM kept.firing INNER JOIN kept.alert ON alert.id = firing.alert
        WHERE
            firing.delivered_at IS NULL
            AND firing.next_at <= clock_timestamp()
            AND firing.attempts < 12
            AND alert.webhook IS NOT NULL
        ORDER BY firing.next_at
        LIMIT 1
        FOR UPDATE OF firing SKIP LOCKED
    )
    UPDATE kept.firing
    SET
        attempts = firing.attempts + 1,
        -- 30 s, 1 min, 2 min … an hour: who was killed while telling it is not waited for any longer
        next_at = clock_timestamp() + least(interval '1 hour', 30 * power(2, firing.attempts) * interval '1 s')
    FROM due, kept.alert
    WHERE firing.id = due.id AND alert.id = firing.alert
    RETURNING
        firing.id,
        alert.webhook,
        json_build_object(
            'firing', firing.id,
            'alert', alert.id,
            'text', alert.text,
            'metric', alert.metric,
            'measure', alert.measure,
            'filters', alert.filters,
            'days', alert.days,
            'is_relative', alert.is_relative,
            'direction', alert.direction,
            'threshold', alert.threshold,
            'value', firing.value,
            'previous', firing.previous,
            'fired_at', firing.fired_at
        )::text;
END;
COMMENT ON FUNCTION control.claim_delivery() IS 'The firing that is to be told next, with the time of the try after this one: of one that is not said to be delivered.';

CREATE FUNCTION control.delivered(firing bigint, error text) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE kept.firing
    SET
        delivered_at = CASE WHEN delivered.error IS NULL THEN clock_timestamp() END,
        error = left(delivered.error, 500)
    WHERE firing.id = delivered.firing;
END;
COMMENT ON FUNCTION control.delivered(bigint, text) IS 'Says that a firing was told, or why not.';

CREATE VIEW analytics.alert AS
SELECT *
FROM kept.alert;
COMMENT ON VIEW analytics.alert IS 'kept.alert.';
GRANT
INSERT (metric, measure, filters, days, is_relative, direction, threshold, webhook, is_active, text),
UPDATE (metric, measure, filters, days, is_relative, direction, threshold, webhook, is_active, text),
DELETE
ON analytics.alert TO analytics_reader;

CREATE VIEW analytics.firing AS
SELECT
    id,
    alert AS alert_id,
    fired_at,
    value,
    previous,
    ended_at,
    attempts,
    delivered_at,
    error,
    acknowledged_at,
    acknowledged_by,
    -- no join: the view stays one that can be written to
    (SELECT username FROM analytics.user_engagement WHERE user_id = acknowledged_by) AS acknowledger
FROM kept.firing;
COMMENT ON VIEW analytics.firing IS 'kept.firing, and who took note of it by name.';
GRANT UPDATE (acknowledged_at) ON analytics.firing TO analytics_reader;
