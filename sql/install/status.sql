-- What `analytics status` asks, as whichever role it is asked: views, and functions in the owner's name.
CREATE TABLE control.part (
    name    text NOT NULL,
    host    text NOT NULL,
    pid     integer,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (name, host)
) WITH (fillfactor = 50);
COMMENT ON TABLE control.part IS 'When each part of a stack gave its last sign of life.';
COMMENT ON COLUMN control.part.name IS 'worker, beat, relay, guard or api.';
COMMENT ON COLUMN control.part.host IS 'The machine or container it runs on; of the API, the address that it connects from.';
COMMENT ON COLUMN control.part.pid IS 'Its process there; NULL for the API.';
COMMENT ON COLUMN control.part.seen_at IS 'By our server''s clock.';

CREATE TABLE control.acknowledged (
    what            text PRIMARY KEY,
    incidents       bigint NOT NULL,
    acknowledged_at timestamptz NOT NULL
);
COMMENT ON TABLE control.acknowledged IS 'Which incidents somebody has taken note of.';
COMMENT ON COLUMN control.acknowledged.what IS 'A step, or a table of the mirror.';
COMMENT ON COLUMN control.acknowledged.incidents IS 'How many there had been by then.';
COMMENT ON COLUMN control.acknowledged.acknowledged_at IS 'When.';

CREATE FUNCTION analytics.api_seen() RETURNS TABLE (host text, seen_at timestamptz)
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- It may write nothing here; but it looks for new answers twice a second.
    SELECT
        coalesce(host(client_addr), 'local'),
        max(state_change)
    FROM pg_stat_activity
    WHERE
        application_name = 'analytics api'
        AND datname = current_database()
        AND state_change IS NOT NULL
    GROUP BY 1;
END;
COMMENT ON FUNCTION analytics.api_seen() IS 'When the API last looked for new answers, by where it connects from.';

CREATE FUNCTION control.alive(part text, host text, pid integer) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO control.part AS known (name, host, pid, seen_at)
    SELECT part, host, pid, clock_timestamp()
    UNION ALL
    SELECT 'api', api.host, NULL, api.seen_at FROM analytics.api_seen() AS api
    -- two parts at once must not wait for each other's rows the wrong way round
    ORDER BY 1, 2
    ON CONFLICT (name, host) DO UPDATE
        SET pid = excluded.pid, seen_at = excluded.seen_at
        WHERE known.seen_at < excluded.seen_at;
    DELETE FROM control.part WHERE seen_at < clock_timestamp() - interval '7 days';
END;
COMMENT ON FUNCTION control.alive(text, text, integer) IS 'Notes a sign of life of the part that calls it, and what is seen of the API.';

CREATE FUNCTION analytics.parts() RETURNS TABLE (name text, host text, seen_at timestamptz, pid integer)
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        seen.name,
        seen.host,
        max(seen.seen_at),
        max(seen.pid)
    FROM (
        SELECT part.name, part.host, part.seen_at, part.pid FROM control.part
        UNION ALL
        SELECT 'api', api.host, api.seen_at, NULL FROM analytics.api_seen() AS api
    ) AS seen
    GROUP BY seen.name, seen.host;
END;
COMMENT ON FUNCTION analytics.parts() IS 'When each part of a stack gave its last sign of life, and which process that was there.';

CREATE FUNCTION analytics.rows_of(summary text) RETURNS bigint
STABLE LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM analytics.%I', (SELECT name FROM control.step WHERE name = summary))
    INTO STRICT found;
    RETURN found;
END
$$;
COMMENT ON FUNCTION analytics.rows_of(text) IS 'How many rows a summary has.';

CREATE VIEW control.summary_status AS
SELECT
    step.name AS summary,
    step.family,
    freshness.as_of,
    extract(EPOCH FROM now() - freshness.as_of)::float8 AS lag_seconds,
    extract(EPOCH FROM freshness.ttl)::float8 AS ttl_seconds,
    coalesce(pending.changes, 0) AS pending,
    last_run.started_at AS rebuilt_at,
    extract(EPOCH FROM last_run.finished_at - last_run.started_at)::float8 AS rebuild_seconds,
    last_run.reason AS rebuild_reason,
    last_run.error AS rebuild_error,
    audited.audited_at,
    audited.whole_at AS whole_audited_at,
    round(100 * audited.share)::integer AS audited_percent,
    audited.drift,
    coalesce(audited.incidents, 0) AS incidents,
    coalesce(audited.incidents, 0) - coalesce(acknowledged.incidents, 0) AS open_incidents,
    audited.incident_at,
    step.place
FROM
    control.step
    INNER JOIN analytics.freshness USING (family)
    LEFT JOIN analytics.pending USING (family)
    LEFT JOIN control.audited ON audited.summary = step.name
    LEFT JOIN control.acknowledged ON acknowledged.what = step.name
    LEFT JOIN LATERAL (
        SELECT *
        FROM control.run
        WHERE step.family = ANY (families) AND finished_at IS NOT NULL
        ORDER BY finished_at DESC
        LIMIT 1
    ) AS last_run ON true
WHERE step.kind <> 'view';
COMMENT ON VIEW control.summary_status IS 'As of when each summary is right, what it does not count yet, its last rebuild and audits.';

CREATE VIEW control.mirror_status AS
SELECT
    health.looked_at,
    health.sentence AS trouble,
    health.since AS trouble_since,
    (SELECT min(audited_at) FROM control.mirror_audit) AS mirror_audited_at,
    (SELECT coalesce(sum(incidents), 0)::bigint FROM control.mirror_audit) AS mirror_incidents,
    (
        SELECT coalesce(sum(mirror_audit.incidents - coalesce(acknowledged.incidents, 0)), 0)::bigint
        FROM control.mirror_audit LEFT JOIN control.acknowledged ON acknowledged.what = 'mirror of ' || mirror_audit.mirrored
    ) AS open_mirror_incidents
FROM control.health;
COMMENT ON VIEW control.mirror_status IS 'What the guard sees, and what was found to differ from MentorHub''s rows.';

CREATE FUNCTION analytics.summary_status() RETURNS SETOF control.summary_status
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT * FROM control.summary_status;
END;
COMMENT ON FUNCTION analytics.summary_status() IS 'control.summary_status, for every role of ours.';

CREATE FUNCTION analytics.mirror_status() RETURNS SETOF control.mirror_status
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT * FROM control.mirror_status;
END;
COMMENT ON FUNCTION analytics.mirror_status() IS 'control.mirror_status, for every role of ours.';

CREATE FUNCTION analytics.found_later() RETURNS TABLE (journal text, entries bigint, first_at timestamptz, last_at timestamptz)
STABLE LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one text;
BEGIN
    FOR one IN SELECT name FROM control.step WHERE kind = 'journal' ORDER BY place LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L, count(*), min(happened_at), max(happened_at) FROM kept.%I '
            'WHERE found_by = ''comparison'' AND happened_at > $1 HAVING count(*) > 0',
            one, one
        ) USING analytics.now() - interval '30 days';
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics.found_later() IS 'Of each journal the entries of the last 30 days that a comparison found: what they say happened before they say it did.';

CREATE FUNCTION control.acknowledge() RETURNS bigint
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH found (what, incidents, found_at) AS (
        SELECT summary, incidents, incident_at FROM control.audited
        UNION ALL
        SELECT 'mirror of ' || mirrored, incidents, NULL FROM control.mirror_audit
    ),
    fresh AS (
        SELECT
            found.what,
            found.incidents,
            found.found_at,
            found.incidents - coalesce(acknowledged.incidents, 0) AS more
        FROM found LEFT JOIN control.acknowledged USING (what)
    ),
    noted AS (
        INSERT INTO control.acknowledged (what, incidents, acknowledged_at)
        SELECT what, incidents, clock_timestamp() FROM fresh WHERE more <> 0
        ON CONFLICT (what) DO UPDATE
            SET incidents = excluded.incidents, acknowledged_at = excluded.acknowledged_at
    ),
    remembered AS (
        INSERT INTO kept.acknowledgement (what, rows, found_at)
        SELECT what, more, found_at FROM fresh WHERE more > 0
    )
    SELECT coalesce(sum(more), 0)::bigint FROM fresh;
END;
COMMENT ON FUNCTION control.acknowledge() IS 'Takes note of all incidents found so far, and returns how many nobody had taken note of.';

REVOKE EXECUTE ON FUNCTION control.alive(text, text, integer), control.acknowledge() FROM public;
GRANT EXECUTE ON FUNCTION control.alive(text, text, integer), control.acknowledge() TO analytics_worker;
DO $$
DECLARE
    asked regprocedure;
BEGIN
    FOREACH asked IN ARRAY ARRAY[
        'analytics.parts()',
        'analytics.api_seen()',
        'analytics.rows_of(text)',
        'analytics.summary_status()',
        'analytics.mirror_status()'
    ]::regprocedure []
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM public', asked);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO analytics_reader, analytics_worker', asked);
    END LOOP;
END
$$;
