CREATE TABLE control.source (
    conninfo text NOT NULL,
    timeline text NOT NULL,
    witness  text NOT NULL,
    legible  text NOT NULL,
    reached  pg_lsn
);
CREATE UNIQUE INDEX source_is_one_row ON control.source ((true));
COMMENT ON TABLE control.source IS 'Where replication comes from; one row, none where nothing is replicated. The owner''s alone.';
COMMENT ON COLUMN control.source.conninfo IS 'How this server reaches MentorHub''s: the subscription''s connection string, with its password.';
COMMENT ON COLUMN control.source.timeline IS 'Of MentorHub''s WAL: another one is another history of the same database.';
COMMENT ON COLUMN control.source.witness IS 'The query for what a proof depends on at MentorHub: sql/source/witness.sql.';
COMMENT ON COLUMN control.source.legible IS 'What MentorHub is asked for in place of a text column, for format(): sql/source/legible.sql where its text may be any bytes.';
COMMENT ON COLUMN control.source.reached IS 'How far that WAL was applied when the guard last looked: MentorHub can''t be before that, unless it was restored from a backup.';

CREATE TABLE control.health (
    looked_at timestamptz,
    since     timestamptz,
    sentence  text
);
CREATE UNIQUE INDEX health_is_one_row ON control.health ((true));
INSERT INTO control.health DEFAULT VALUES;
COMMENT ON TABLE control.health IS 'What the guard sees of replication; one row.';
COMMENT ON COLUMN control.health.looked_at IS 'When it last looked; NULL when no guard has run yet.';
COMMENT ON COLUMN control.health.since IS 'Since when it has been as the sentence says.';
COMMENT ON COLUMN control.health.sentence IS 'What is wrong; NULL when all is well.';
GRANT SELECT ON control.health TO analytics_worker;

CREATE FUNCTION control.applied(upto pg_lsn) RETURNS boolean
VOLATILE LANGUAGE sql
BEGIN ATOMIC
    SELECT coalesce(bool_or(stat.latest_end_lsn >= upto), false)
    FROM pg_stat_subscription AS stat
    INNER JOIN pg_subscription AS subscription ON subscription.oid = stat.subid
    WHERE
        stat.subname = 'mentorhub_analytics'
        AND stat.relid IS NULL
        AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database());
END;
COMMENT ON FUNCTION control.applied(pg_lsn) IS 'Whether the mirror holds everything before this position of MentorHub''s WAL.';
