-- What alarms look at and Prometheus reads: numbers of now, from rows alone, so that a replica gives
-- them too.
CREATE TABLE control.slot (
    looked_at      timestamptz,
    inactive_since timestamptz,
    retained       bigint,
    most           bigint,
    apply_errors   bigint,
    failing_since  timestamptz
);
CREATE UNIQUE INDEX slot_is_one_row ON control.slot ((true));
INSERT INTO control.slot DEFAULT VALUES;
COMMENT ON TABLE control.slot IS 'What the guard sees of the replication slot at MentorHub; one row.';
COMMENT ON COLUMN control.slot.looked_at IS 'When it last looked.';
COMMENT ON COLUMN control.slot.inactive_since IS 'Since when nobody has read the slot; NULL while somebody does.';
COMMENT ON COLUMN control.slot.retained IS 'Bytes of WAL that MentorHub keeps for us.';
COMMENT ON COLUMN control.slot.most IS 'The most that it may keep: max_slot_wal_keep_size; NULL where that has no end.';
COMMENT ON COLUMN control.slot.apply_errors IS 'How often the subscription has failed since it last made progress.';
COMMENT ON COLUMN control.slot.failing_since IS 'Since when it has failed; NULL when it has not.';

CREATE TABLE control.tally (
    what    text NOT NULL,
    minute  timestamptz NOT NULL,
    done    bigint NOT NULL,
    failed  bigint NOT NULL,
    seconds double precision NOT NULL,
    rows    bigint NOT NULL,
    PRIMARY KEY (what, minute)
) WITH (fillfactor = 50);
COMMENT ON TABLE control.tally IS 'How often the parts did what, by the minute in the last hour, and before that in all: a sum is a counter.';
COMMENT ON COLUMN control.tally.what IS '`fold`, `rebuild`, `wake-up`, or `task` and its name.';
COMMENT ON COLUMN control.tally.minute IS 'When it begins; -infinity for all that is older than an hour.';
COMMENT ON COLUMN control.tally.done IS 'How often it was done or failed.';
COMMENT ON COLUMN control.tally.failed IS 'How often it failed.';
COMMENT ON COLUMN control.tally.seconds IS 'How long that took in all.';
COMMENT ON COLUMN control.tally.rows IS 'How many rows it changed.';

CREATE TABLE control.measured (
    name        text PRIMARY KEY,
    value       double precision NOT NULL,
    measured_at timestamptz NOT NULL
);
COMMENT ON TABLE control.measured IS 'What parts see that is no row.';
COMMENT ON COLUMN control.measured.name IS 'Of the reading.';
COMMENT ON COLUMN control.measured.value IS 'What was seen last.';
COMMENT ON COLUMN control.measured.measured_at IS 'When.';

CREATE FUNCTION control.note_tally(tallies jsonb, measured jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO control.measured AS known (name, value, measured_at)
    SELECT entry.key, entry.value::double precision, clock_timestamp()
    FROM jsonb_each_text(note_tally.measured) AS entry
    -- two parts at once must not wait for each other's rows the wrong way round
    ORDER BY 1
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, measured_at = excluded.measured_at;

    WITH
        old AS (
            DELETE FROM control.tally
            WHERE
                minute > '-infinity'
                AND minute < clock_timestamp() - interval '1 hour'
                AND what IN (SELECT jsonb_object_keys(tallies))
            RETURNING *
        ),
        fresh AS (
            SELECT what, '-infinity'::timestamptz AS minute, done, failed, seconds, rows
            FROM old
            UNION ALL
            SELECT
                entry.key,
                date_trunc('minute', clock_timestamp()),
                (entry.value ->> 'done')::bigint,
                (entry.value ->> 'failed')::bigint,
                (entry.value ->> 'seconds')::double precision,
                (entry.value ->> 'rows')::bigint
            FROM jsonb_each(tallies) AS entry
        )
    INSERT INTO control.tally AS known (what, minute, done, failed, seconds, rows)
    SELECT what, minute, sum(done), sum(failed), sum(seconds), sum(rows)
    FROM fresh
    GROUP BY what, minute
    ORDER BY what, minute
    ON CONFLICT (what, minute) DO UPDATE
        SET
            done = known.done + excluded.done,
            failed = known.failed + excluded.failed,
            seconds = known.seconds + excluded.seconds,
            rows = known.rows + excluded.rows;
END;
COMMENT ON FUNCTION control.note_tally(jsonb, jsonb) IS 'Adds to what was done: {what: {done, failed, seconds, rows}}, and remembers what was measured: {name: value}.';
REVOKE EXECUTE ON FUNCTION control.note_tally(jsonb, jsonb) FROM public;
GRANT EXECUTE ON FUNCTION control.note_tally(jsonb, jsonb) TO analytics_worker;

CREATE VIEW control.reading AS
-- where nothing was ever calculated, it is as old as the installation.
SELECT
    'as_of_share' AS name,
    freshness.family AS label,
    extract(EPOCH FROM now() - coalesce(freshness.as_of, installation.installed_at)) / extract(EPOCH FROM freshness.ttl) AS value,
    freshness.as_of AS since
FROM analytics.freshness CROSS JOIN control.installation
UNION ALL
SELECT
    'as_of_age_seconds',
    freshness.family,
    extract(EPOCH FROM now() - coalesce(freshness.as_of, installation.installed_at)),
    freshness.as_of
FROM analytics.freshness CROSS JOIN control.installation
UNION ALL
SELECT 'pending_changes', freshness.family, coalesce(pending.changes, 0), NULL
FROM analytics.freshness LEFT JOIN analytics.pending USING (family)
UNION ALL
-- whatever waits was committed after as-of
SELECT
    'pending_age_seconds',
    freshness.family,
    CASE WHEN pending.changes > 0 THEN extract(EPOCH FROM now() - coalesce(freshness.as_of, installation.installed_at)) ELSE 0 END,
    freshness.as_of
FROM analytics.freshness CROSS JOIN control.installation LEFT JOIN analytics.pending USING (family)
UNION ALL
SELECT 'drift_open_rows', summary, open_incidents, incident_at
FROM control.summary_status
UNION ALL
SELECT 'drift_open_rows', 'the mirror', open_mirror_incidents, NULL
FROM control.mirror_status
UNION ALL
SELECT 'drift_rows', summary, incidents, incident_at
FROM control.summary_status
UNION ALL
SELECT 'drift_rows', 'the mirror', mirror_incidents, NULL
FROM control.mirror_status
UNION ALL
SELECT
    'audit_age_seconds',
    summary_status.summary,
    extract(EPOCH FROM now() - coalesce(summary_status.whole_audited_at, installation.installed_at)),
    summary_status.whole_audited_at
FROM control.summary_status CROSS JOIN control.installation
UNION ALL
SELECT
    'part_silent_seconds',
    expected.name,
    extract(EPOCH FROM clock_timestamp() - coalesce(max(parts.seen_at), max(installation.installed_at))),
    max(parts.seen_at)
FROM
    unnest(ARRAY['worker', 'beat', 'relay', 'guard', 'api']) AS expected (name)
    CROSS JOIN control.installation
    LEFT JOIN analytics.parts() USING (name)
GROUP BY expected.name
-- an API that reads a replica is not seen from here
HAVING expected.name <> 'api' OR count(parts.name) > 0
UNION ALL
SELECT
    'parts_alive',
    parts.name,
    count(*) FILTER (WHERE parts.seen_at > clock_timestamp() - interval '8 s'),
    NULL
FROM analytics.parts()
GROUP BY parts.name
UNION ALL
SELECT 'replication_trouble_seconds', '', CASE WHEN sentence IS NULL THEN 0 ELSE extract(EPOCH FROM clock_timestamp() - since) END, since
FROM control.health
UNION ALL
SELECT 'replication_age_seconds', '', extract(EPOCH FROM clock_timestamp() - confirmed), confirmed
FROM control.question
WHERE confirmed IS NOT NULL
UNION ALL
SELECT 'slot_inactive_seconds', '', coalesce(extract(EPOCH FROM clock_timestamp() - inactive_since), 0), inactive_since
FROM control.slot
WHERE looked_at IS NOT NULL
UNION ALL
SELECT 'wal_retained_bytes', '', retained, NULL
FROM control.slot
WHERE retained IS NOT NULL
UNION ALL
SELECT 'wal_retained_share', '', retained / most::double precision, NULL
FROM control.slot
WHERE most > 0 AND retained IS NOT NULL
UNION ALL
SELECT 'points_refused_seconds', '', coalesce(extract(EPOCH FROM clock_timestamp() - since), 0), since
FROM control.point_trouble
UNION ALL
SELECT 'apply_errors', '', apply_errors, failing_since
FROM control.slot
WHERE apply_errors IS NOT NULL
UNION ALL
SELECT
    'rebuild_silent_seconds',
    '',
    coalesce(max(extract(EPOCH FROM clock_timestamp() - coalesce(progress_at, requested_at))), 0),
    min(coalesce(progress_at, requested_at))
FROM control.run_status
WHERE state IN ('waiting', 'running')
UNION ALL
-- of 20 at least: one of three is no rate
SELECT 'failed_task_share', '', coalesce(sum(failed)::double precision / nullif(greatest(sum(done), 20), 0), 0), NULL
FROM control.tally
WHERE what ^@ 'task ' AND minute > clock_timestamp() - interval '10 min'
UNION ALL
SELECT name, '', value, NULL
FROM control.measured
WHERE measured_at > clock_timestamp() - interval '1 min'
UNION ALL
SELECT DISTINCT ON (family)
    'rebuild_failed', family, (rebuild_error IS NOT NULL)::integer, rebuilt_at
FROM control.summary_status
UNION ALL
SELECT DISTINCT ON (family)
    'rebuild_seconds', family, rebuild_seconds, rebuilt_at
FROM control.summary_status
WHERE rebuild_seconds IS NOT NULL;
COMMENT ON VIEW control.reading IS 'Numbers of now: what each alarm of shared/alarms.py looks at, and what Prometheus reads besides.';

CREATE FUNCTION analytics.readings() RETURNS TABLE (name text, label text, value double precision, since timestamptz)
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        reading.name,
        reading.label,
        reading.value::double precision,
        reading.since
    FROM control.reading
    WHERE reading.value IS NOT NULL
    ORDER BY 1, 2;
END;
COMMENT ON FUNCTION analytics.readings() IS 'control.reading, for every role of ours.';

CREATE FUNCTION analytics.tallies() RETURNS TABLE (what text, done bigint, failed bigint, seconds double precision, rows bigint)
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        tally.what,
        sum(tally.done)::bigint,
        sum(tally.failed)::bigint,
        sum(tally.seconds),
        sum(tally.rows)::bigint
    FROM control.tally
    GROUP BY tally.what
    ORDER BY tally.what;
END;
COMMENT ON FUNCTION analytics.tallies() IS 'How often the parts have done what since the installation, how often that failed, for how long, and how many rows it changed.';

REVOKE EXECUTE ON FUNCTION analytics.readings(), analytics.tallies() FROM public;
GRANT EXECUTE ON FUNCTION analytics.readings(), analytics.tallies() TO analytics_reader, analytics_worker;
